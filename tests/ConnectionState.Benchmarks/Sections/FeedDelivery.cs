using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures the time from a commit to its delivery on a stream of the feed, beside that on the watches of the merchants in the same run.</summary>
internal static class FeedDelivery
{
    private const int Merchants = 50;
    private const int CommitsPerSecond = 1_000;

    /// <summary>One process.</summary>
    public static async Task RunEmbeddedAsync(SectionRun run)
    {
        using var server = await run.StartServiceAsync();
        using var client = server.CreateClient();
        await RunAsync(run, client, client);
    }

    /// <summary>Commits go to one process, streams come from another.</summary>
    public static async Task RunOnRedisAsync(SectionRun run)
    {
        using var redis = await RedisServer.StartAsync(appendOnly: true);
        using var committing = await run.StartServiceAsync(redis.StoreOptions);
        using var watched = await run.StartServiceAsync(redis.StoreOptions);
        using var committer = committing.CreateClient();
        using var watcher = watched.CreateClient();
        await RunAsync(run, committer, watcher);
    }

    private static async Task RunAsync(SectionRun run, ConnectionStateClient committer, ConnectionStateClient watcher)
    {
        await MeasureAsync(committer, watcher, "warm-up", run.Pick(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(3)));
        var (watch, feed, rate) = await MeasureAsync(committer, watcher, "measured", run.Pick(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5)));
        run.Record("commits-per-second", rate);
        run.Record("watch-from-request-p50-ms", watch.P50);
        run.Record("watch-from-request-p99-ms", watch.P99);
        run.Record("feed-from-request-p50-ms", feed.P50);
        run.Record("feed-from-request-p99-ms", feed.P99);
    }

    private static async Task<(Latencies Watch, Latencies Feed, double Rate)> MeasureAsync(
        ConnectionStateClient committer, ConnectionStateClient watcher, string name, TimeSpan period)
    {
        var count = (int)(CommitsPerSecond * period.TotalSeconds / Merchants);
        var ids = Enumerable.Range(0, Merchants).Select(m => $"{name}-{m}").ToList();
        await Task.WhenAll(ids.Select(id => SeededMerchants.ConnectThreePagesAsync(committer, id)));
        var commits = ids.Select(id => new PacedCommits(committer, id, count, period)).ToList();
        using var feed = new FeedReading(watcher, new());
        var delivered = ids.Select(id => feed.Expect(id, count)).ToList();
        var recorders = ids.Select(id => new WatchRecorder(watcher, id, count)).ToList();
        await Task.WhenAll([feed.ReadUntilLiveAsync(), .. recorders.Select(r => r.ReadAsync())]);

        var watch = Stopwatch.StartNew();
        Task[] reading = [feed.ReadCommitsAsync(Merchants * count), .. recorders.Select(r => r.ReadToEndAsync())];
        await Task.WhenAll(commits.Select(c => c.RunAsync()));
        var rate = Merchants * count / watch.Elapsed.TotalSeconds;
        await Task.WhenAll(reading);
        recorders.ForEach(r => r.Dispose());
        return (
            Latencies.Between(commits.Zip(recorders).SelectMany(pair => pair.First.SentAt.Zip(pair.Second.DeliveredAt))),
            Latencies.Between(commits.Zip(delivered).SelectMany(pair => pair.First.SentAt.Zip(pair.Second))),
            rate);
    }
}
