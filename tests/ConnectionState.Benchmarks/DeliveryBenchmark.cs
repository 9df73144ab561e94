using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks;

/// <summary>Measures the time from a commit to its delivery on a watch stream, as multiples of a unary round trip in the same run.</summary>
internal static class DeliveryBenchmark
{
    private const int RoundTrips = 2_000;

    public static async Task RunEmbeddedAsync()
    {
        using var server = ServerUnderTest.StartService();
        using var client = server.CreateClient();
        await RunAsync("embedded store", client, client);
    }

    /// <summary>Commits go to one process, streams come from another.</summary>
    public static async Task RunOnRedisAsync()
    {
        using var redis = new RedisServer(appendOnly: true);
        using var committing = ServerUnderTest.StartService(redis.StoreOptions);
        using var watched = ServerUnderTest.StartService(redis.StoreOptions);
        using var committer = committing.CreateClient();
        using var watcher = watched.CreateClient();
        await RunAsync("Redis, two processes", committer, watcher);
    }

    private static async Task RunAsync(string store, ConnectionStateClient committer, ConnectionStateClient watcher)
    {
        await MeasureAsync(committer, watcher, "warm-up", merchants: 50, commitsPerSecond: 1_000, TimeSpan.FromSeconds(5));
        await RoundTripsAsync(committer);
        var unary = await RoundTripsAsync(committer);
        Report.Row($"Unary round trip ({store}): p50; p99", $"{unary.P50:F2} ms; {unary.P99:F2} ms");

        var (commits, recorders, rate) = await MeasureAsync(committer, watcher, "slow", merchants: 1, commitsPerSecond: 1, TimeSpan.FromSeconds(20));
        Print(store, "1 merchant, 1 commit/s", unary, commits, recorders, rate);
        (commits, recorders, rate) = await MeasureAsync(committer, watcher, "fast", merchants: 50, commitsPerSecond: 1_000, TimeSpan.FromSeconds(15));
        Print(store, "50 merchants, 1,000 commits/s", unary, commits, recorders, rate);
    }

    // The acknowledgement by the store cannot be observed from outside. It happens about half a round trip before the response arrives,
    // so the delivery may precede the response.
    private static void Print(string store, string load, Latencies unary, List<PacedCommits> commits, List<WatchRecorder> recorders, double rate)
    {
        var pairs = commits.Zip(recorders).ToList();
        var halfRoundTrip = (long)(unary.P50 / 2_000 * Stopwatch.Frequency);
        var call = Latencies.Between(commits.SelectMany(c => c.SentAt.Zip(c.AnsweredAt)));
        var fromRequest = Latencies.Between(pairs.SelectMany(p => p.First.SentAt.Zip(p.Second.DeliveredAt)));
        var fromCommit = Latencies.Between(pairs.SelectMany(p => p.First.AnsweredAt.Zip(
            p.Second.DeliveredAt, (answered, delivered) => (answered == 0 ? 0 : answered - halfRoundTrip, delivered))));

        Report.Row($"Commit to delivery ({store}), {load}: p50; p99 in unary round trips", $"{fromCommit.P50 / unary.P50:F1}; {fromCommit.P99 / unary.P50:F1}");
        Report.Row($"Request sent to delivery ({store}), {load}: p50; p99", $"{fromRequest.P50:F1} ms; {fromRequest.P99:F1} ms");
        Report.Detail($"{rate:F0} commits/s; commit call: {call}");
    }

    private static async Task<(List<PacedCommits> Commits, List<WatchRecorder> Recorders, double Rate)> MeasureAsync(
        ConnectionStateClient committer, ConnectionStateClient watcher, string name, int merchants, int commitsPerSecond, TimeSpan period)
    {
        var count = (int)(commitsPerSecond * period.TotalSeconds / merchants);
        var ids = Enumerable.Range(0, merchants).Select(m => $"{name}-{m}").ToList();
        await Task.WhenAll(ids.Select(id => PacedCommits.ConnectThreePagesAsync(committer, id)));
        var commits = ids.Select(id => new PacedCommits(committer, id, count, period)).ToList();
        var recorders = ids.Select(id => new WatchRecorder(watcher, id, count)).ToList();
        await Task.WhenAll(recorders.Select(r => r.ReadAsync()));

        var watch = Stopwatch.StartNew();
        var reading = recorders.Select(r => r.ReadToEndAsync()).ToList();
        await Task.WhenAll(commits.Select(c => c.RunAsync()));
        var rate = merchants * count / watch.Elapsed.TotalSeconds;
        await Task.WhenAll(reading);
        recorders.ForEach(r => r.Dispose());
        return (commits, recorders, rate);
    }

    private static async Task<Latencies> RoundTripsAsync(ConnectionStateClient client)
    {
        var times = new List<(long From, long To)>();
        for (var n = 0; n < RoundTrips; n++)
        {
            var from = Stopwatch.GetTimestamp();
            await client.Pages.GetPageListAsync(new() { MerchantId = "warm-up-0" });
            times.Add((from, Stopwatch.GetTimestamp()));
        }

        return Latencies.Between(times);
    }
}
