using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests;

/// <summary>Which failures <c>./test.sh</c> may repeat: only deadlines that passed while the machine stood still (<c>tests/standstill.py</c>).</summary>
public sealed class StandstillTests : IDisposable
{
    private const string Finished = "[xUnit.net 00:11:13.42]   Finished:    ConnectionState.SystemTests";
    private const string TimedOut = "The condition did not become true within 00:01:00.";

    // From 11:32:00 to 11:32:36 on 30 November 2026.
    private const string Standstill = "1796038320 1796038356";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("the machine stood still meanwhile", "11:32:10", TimedOut, Finished, "[FAIL]", 0)]
    [InlineData("at another time", "11:33:10", TimedOut, Finished, "[FAIL]", 1)]
    [InlineData("a property was refuted", "11:32:10", "Falsifiable, after 225 tests", Finished, "[FAIL]", 1)]
    [InlineData("the run did not finish", "11:32:10", TimedOut, "", "[FAIL]", 1)]
    [InlineData("an error beside the test", "11:32:10", TimedOut, Finished, "Catastrophic failure: out of memory", 1)]
    public async Task Only_a_failure_during_a_standstill_of_a_run_without_other_errors_is_repeated(
        string what, string start, string message, string output, string error, int exitCode)
    {
        var results = Write("results.trx", Result("One", start, "Passed") + Result("Two(n: 1)", start, "Failed", message), output, $"Two(n: 1) {error}");
        await File.WriteAllTextAsync(folder.File("standstills"), Standstill + "\n");

        var (code, printed) = await RunAsync("excused", results, folder.File("standstills"));

        Assert.Equal((what, exitCode, exitCode == 0 ? "Two" : ""), (what, code, printed));
    }

    [Theory]
    [InlineData("Two(n: 1)", "Passed", 0)]
    [InlineData("Two(n: 1)", "Failed", 1)]
    [InlineData("Two(n: 2)", "Passed", 1)]
    public async Task Each_test_that_failed_must_pass_when_it_is_repeated(string repeated, string outcome, int exitCode)
    {
        var results = Write("results.trx", Result("One", "11:32:10", "Passed") + Result("Two(n: 1)", "11:32:10", "Failed", TimedOut), Finished, "[FAIL]");
        var again = Write("again.trx", Result(repeated, "11:40:00", outcome), Finished, "[FAIL]");

        Assert.Equal(exitCode, (await RunAsync("passed", results, again)).Code);
    }

    private static string Result(string name, string start, string outcome, string message = "") =>
        $"""
        <UnitTestResult testName="{name}" startTime="2026-11-30T{start}.4729483+00:00" endTime="2026-11-30T{start}.8902665+00:00" outcome="{outcome}">
          <Output><ErrorInfo><Message>{message}</Message></ErrorInfo></Output>
        </UnitTestResult>
        """;

    private string Write(string file, string results, string output, string error)
    {
        File.WriteAllText(
            folder.File(file),
            $"""
            <TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
              <Results>{results}</Results>
              <ResultSummary outcome="Failed">
                <Output><StdOut>{output}</StdOut></Output>
                <RunInfos><RunInfo outcome="Error"><Text>{error}</Text></RunInfo></RunInfos>
              </ResultSummary>
            </TestRun>
            """);
        return folder.File(file);
    }

    private static async Task<(int Code, string Printed)> RunAsync(params string[] arguments)
    {
        await using var script = ChildProcess.Start("/usr/bin/python3", Path.GetTempPath(), [Repository.PathOf("tests/standstill.py"), .. arguments]);
        await script.WaitForExitAsync();
        Assert.Equal("", script.Errors);
        return (script.ExitCode, script.Output.Trim());
    }
}
