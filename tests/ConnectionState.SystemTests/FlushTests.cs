using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;

namespace ConnectionStateService.SystemTests;

/// <summary>Commits survive a power cut only if they are flushed to disk: strace shows the system calls.</summary>
public sealed class FlushTests : IDisposable
{
    private const int Commits = 20;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_commit_is_flushed_to_disk_before_it_is_acknowledged()
    {
        await using var server = await ServerProcess.StartUnderAsync(
            ["strace", "-f", "-e", "trace=fsync,fdatasync", "-o", folder.File("calls")], folder.File("cs.db"));
        using var client = server.NewClient();
        for (var commit = 1; commit <= Commits; commit++)
        {
            var before = CountFlushes();
            await client.Plans.SetPlanAsync(new() { MerchantId = "m", Plan = Plan.Standard, BoughtPages = commit });
            Assert.True(CountFlushes() > before, $"Commit {commit} was acknowledged without a flush.");
        }
    }

    private int CountFlushes() => File.ReadLines(folder.File("calls")).Count(line => line.EndsWith("= 0", StringComparison.Ordinal));
}
