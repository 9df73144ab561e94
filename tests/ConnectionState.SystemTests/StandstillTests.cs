using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests;

/// <summary>Which failures <c>./test.sh</c> may repeat: only deadlines missed while the machine stood still (<c>tests/standstill.py</c>).</summary>
public sealed class StandstillTests : IDisposable
{
    private const string Finished = "[xUnit.net 00:11:13.42]   Finished:    ConnectionState.SystemTests";
    private const string TimedOut = "The condition did not become true within 00:01:00.";

    // From 11:32:00 to 11:32:36 on 30 November 2026.
    private const string Standstill = "1796038320 1796038356";

    private static readonly string Passed = Result("One", "11:32:10", "11:32:20", "Passed", "");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("the machine stood still meanwhile", "11:32:10", "11:32:20", TimedOut, Finished, "[FAIL]", true)]
    [InlineData("the test ran all the time", "11:31:00", "11:33:00", TimedOut, Finished, "[FAIL]", true)]
    [InlineData("the test ended before", "11:31:00", "11:31:50", TimedOut, Finished, "[FAIL]", false)]
    [InlineData("the test began afterwards", "11:33:10", "11:34:00", TimedOut, Finished, "[FAIL]", false)]
    [InlineData("a wrong answer", "11:32:10", "11:32:20", "A request was committed twice.", Finished, "[FAIL]", false)]
    [InlineData("a property was refuted", "11:32:10", "11:32:20", "Falsifiable, after 225 tests. " + TimedOut, Finished, "[FAIL]", false)]
    [InlineData("the run did not finish", "11:32:10", "11:32:20", TimedOut, "", "[FAIL]", false)]
    [InlineData("an error beside the tests", "11:32:10", "11:32:20", TimedOut, Finished, "Catastrophic failure: out of memory", false)]
    public async Task A_deadline_missed_during_a_standstill_is_repeated(
        string what, string start, string end, string message, string output, string error, bool repeated)
    {
        var failed = Result("Two(n: 1)", start, end, "Failed", message);

        Assert.Equal((what, repeated ? "Two" : null), (what, await ExcusedAsync(failed, output, "Two(n: 1) [FAIL]", error)));
    }

    [Theory]
    [InlineData("11:34:00", "Failed")]
    [InlineData("11:32:10", "NotExecuted")]
    public async Task Nothing_is_repeated_if_another_test_failed_at_another_time_or_did_not_run(string start, string outcome)
    {
        var failed = Result("Two", "11:32:10", "11:32:20", "Failed", TimedOut) + Result("Three", start, "11:34:00", outcome, TimedOut);

        Assert.Null(await ExcusedAsync(failed, Finished, "[FAIL]"));
    }

    [Fact]
    public async Task Times_have_an_offset()
    {
        var failed = Result("Two", "18:32:10", "18:32:20", "Failed", TimedOut, offset: "+07:00");

        Assert.Equal("Two", await ExcusedAsync(failed, Finished, "[FAIL]"));
    }

    [Theory]
    [InlineData("Two(n: 1)", "Passed", 0)]
    [InlineData("Two(n: 1)", "Failed", 1)]
    [InlineData("Two(n: 2)", "Passed", 1)]
    public async Task Each_test_that_failed_must_pass_when_it_is_repeated(string repeated, string outcome, int exitCode)
    {
        var results = Write("results.trx", Passed + Result("Two(n: 1)", "11:32:10", "11:32:20", "Failed", TimedOut), Finished, "[FAIL]");
        var again = Write("again.trx", Result(repeated, "11:40:00", "11:40:10", outcome, ""), Finished);

        Assert.Equal(exitCode, (await RunAsync("passed", results, again)).Code);
    }

    private static string Result(string name, string start, string end, string outcome, string message, string offset = "+00:00") =>
        $"""
        <UnitTestResult testName="{name}" startTime="2026-11-30T{start}.4729483{offset}" endTime="2026-11-30T{end}.8902665{offset}" outcome="{outcome}">
          <Output><ErrorInfo><Message>{message}</Message></ErrorInfo></Output>
        </UnitTestResult>
        """;

    // The methods that are repeated, or null.
    private async Task<string?> ExcusedAsync(string failed, string output, params string[] errors)
    {
        var results = Write("results.trx", Passed + failed, output, errors);
        await File.WriteAllTextAsync(folder.File("standstills"), Standstill + "\n");
        var (code, printed) = await RunAsync("excused", results, folder.File("standstills"));
        Assert.Equal(code == 0, printed != "");
        return code == 0 ? printed : null;
    }

    private string Write(string file, string results, string output, params string[] errors)
    {
        File.WriteAllText(
            folder.File(file),
            $"""
            <TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
              <Results>{results}</Results>
              <ResultSummary outcome="Failed">
                <Output><StdOut>{output}</StdOut></Output>
                <RunInfos>{string.Concat(errors.Select(error => $"<RunInfo outcome=\"Error\"><Text>{error}</Text></RunInfo>"))}</RunInfos>
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
