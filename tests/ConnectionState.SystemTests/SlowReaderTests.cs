using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.SystemTests;

public sealed class SlowReaderTests(ITestOutputHelper log) : IDisposable
{
    private const int MerchantCount = 10;
    private const int StreamsPerMerchant = 5;
    private const long MaxGrowth = 32 * 1024 * 1024;

    // 500 commits per second for all merchants together.
    private const int CommitsPerMerchant = 300;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(6);

    private readonly TemporaryFolder folder = new();
    private readonly List<RawWatchStream> readers = [];
    private readonly List<RawWatchStream> idleReaders = [];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Bounded_Streams_that_nobody_reads_cost_little_memory_affect_no_other_stream_and_catch_up_when_they_are_read()
    {
        // With a small first generation, garbage that is not collected yet does not count.
        await using var server = await ServerProcess.StartUnderAsync(["env", "DOTNET_GCgen0size=0x400000"], folder.File("cs.db"));
        using var client = server.NewClient();
        using var committer = server.NewClient();
        await OpenAsync(client, committer);
        var before = server.Process.Memory;
        var watch = Stopwatch.StartNew();

        var newest = readers[0].Log.Revision + CommitsPerMerchant;
        var reading = readers.Select(stream => stream.ReadUntilAsync(newest)).ToList();
        await Task.WhenAll(Enumerable.Range(0, MerchantCount).Select(m => CommitAsync(committer, m)));
        var took = watch.Elapsed;
        await Task.WhenAll(reading);
        var growth = server.Process.Memory - before;
        await Task.WhenAll(idleReaders.Select(stream => stream.ReadUntilAsync(newest)));

        log.WriteLine($"{MerchantCount * CommitsPerMerchant} commits in {took.TotalSeconds:F1} s; the server grew by {growth / 1024.0 / 1024:F1} MiB");
        Assert.All(readers.Select(r => r.Log.Snapshots), reasons => Assert.Equal([Reason.Initial], reasons));
        Assert.All(idleReaders.Select(s => s.Log.Snapshots), reasons => Assert.Equal([Reason.Initial, Reason.FellBehind], reasons));
        Assert.All(readers.Concat(idleReaders).Select(s => s.Log.List!.Quota.Bought), bought => Assert.Equal(CommitsPerMerchant, bought));
        Assert.InRange(growth, long.MinValue, MaxGrowth);
        readers.Concat(idleReaders).ToList().ForEach(stream => stream.Dispose());
    }

    // All streams share one connection.
    private async Task OpenAsync(ConnectionStateClient client, ConnectionStateClient committer)
    {
        for (var m = 0; m < MerchantCount; m++)
        {
            await Commits.EnlargePageListAsync(committer, Merchant(m));
        }

        var all = Enumerable.Range(0, MerchantCount * StreamsPerMerchant).ToList();
        readers.AddRange(all.Select(n => RawWatchStream.Open(client, Merchant(n))));
        idleReaders.AddRange(all.Select(n => RawWatchStream.Open(client, Merchant(n))));
        await Task.WhenAll(readers.Concat(idleReaders).Select(stream => stream.NextAsync()));
    }

    private static async Task CommitAsync(ConnectionStateClient client, int merchant)
    {
        var watch = Stopwatch.StartNew();
        for (var number = 1; number <= CommitsPerMerchant; number++)
        {
            await Commits.MakeAsync(client, Merchant(merchant), number);
            if (Duration * number / CommitsPerMerchant - watch.Elapsed is { Ticks: > 0 } early)
            {
                await Task.Delay(early);
            }
        }
    }

    private static string Merchant(int n) => $"merchant-{n % MerchantCount}";
}
