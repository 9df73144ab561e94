using System.Diagnostics;
using ConnectionStateService.V1;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures how long a stream takes that begins with the page lists of all merchants.</summary>
internal static class FeedSnapshot
{
    private const double MiB = 1024 * 1024;

    public static async Task RunEmbeddedAsync(SectionRun run)
    {
        using var server = await run.StartServiceAsync();
        await RunAsync(run, server, () => Task.CompletedTask);
    }

    public static async Task RunOnRedisAsync(SectionRun run)
    {
        using var redis = await RedisServer.StartAsync(appendOnly: true);
        using var server = await run.StartServiceAsync(redis.StoreOptions);
        await RunAsync(run, server, redis.UntilRewrittenAsync);
    }

    private static async Task RunAsync(SectionRun run, ServerUnderTest server, Func<Task> settle)
    {
        using var client = server.CreateClient();
        var merchants = run.Merchants(full: 1_000_000, whenQuick: 20_000);
        await SeededMerchants.ImportAsync(
            client, merchants, n => ($"merchant-{n:0000000}", SeededMerchants.Connected($"{1_000_000_000_000_000 + n}")));
        await settle();
        run.Record("scale", merchants);
        var before = server.Memory;
        var request = new WatchFeedRequest();
        request.Starts.AddRange(Enumerable.Range(0, 256).Select(partition => new FeedStart { Partition = partition, Snapshot = true }));
        using var reading = new FeedReading(client, request);
        var watch = Stopwatch.StartNew();
        await reading.ReadUntilLiveAsync();
        var elapsed = watch.Elapsed.TotalSeconds;
        if (reading.Merchants != merchants)
        {
            throw new InvalidOperationException($"{reading.Merchants} of {merchants} merchants came.");
        }

        run.Record("seconds", elapsed);
        run.Record("merchants-per-second", merchants / elapsed);
        run.Record("more-memory-mib", (server.Memory - before) / MiB);
    }
}
