using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests;

/// <summary>The sample MerchantLife against a real server with the embedded store.</summary>
public sealed class SampleTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("en", "merchant-life.en.txt")]
    [InlineData("vi", "merchant-life.vi.txt")]
    [InlineData("en", "merchant-life.watch.en.txt", "--watch")]
    [InlineData("vi", "merchant-life.watch.vi.txt", "--watch")]
    public async Task MerchantLife_prints_the_golden_output(string language, string golden, params string[] more)
    {
        // Half of the runs with a key.
        var auth = more.Length > 0 ? new AuthFiles(folder) : null;
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"), auth?.Arguments ?? []);

        // Twice: the second merchant takes the pages over from the first and must see the same.
        for (var run = 0; run < 2; run++)
        {
            await using var sample = ChildProcess.Start(
                "dotnet",
                Path.GetTempPath(),
                [ChildProcess.Built("samples/MerchantLife"), "--address", server.Grpc.ToString(), "--lang", language, .. more],
                auth is null ? null : new Dictionary<string, string> { ["ConnectionState__ApiKey"] = auth.Key });
            await sample.WaitForExitAsync();

            Assert.Equal((0, ""), (sample.ExitCode, sample.Errors));
            Assert.Equal(Repository.Read($"tests/ConnectionState.SystemTests/Golden/{golden}"), sample.Output);
        }
    }

    [Fact]
    public async Task MerchantLife_without_a_server_prints_the_error_and_fails()
    {
        await using var sample = ChildProcess.StartBuilt(
            "samples/MerchantLife", Path.GetTempPath(), "--address", "http://127.0.0.1:1");
        await sample.WaitForExitAsync();

        Assert.Equal(1, sample.ExitCode);
        Assert.StartsWith("Unavailable: Cannot reach ConnectionState at http://127.0.0.1:1/", sample.Errors, StringComparison.Ordinal);
    }
}
