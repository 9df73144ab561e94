using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks;

/// <summary>
/// From a commit to its delivery on a stream, from one process to another and back, as ratios to a unary round trip in the same run.
/// </summary>
internal static class WatchBenchmark
{
    private const int RoundTrips = 2_000;

    public static async Task<int> RunAsync()
    {
        using var server = ServerUnderTest.StartProduct();
        using var client = new ConnectionStateClient(new() { Address = server.Address });
        return await RunAsync(client, client);
    }

    /// <summary>Commits go through one replica, and streams come from the other.</summary>
    public static async Task<int> RunOnRedisAsync()
    {
        using var redis = new RedisServer(keepsLog: true);
        using var server = ServerUnderTest.StartProduct(redis.Arguments);
        using var other = ServerUnderTest.StartProduct(redis.Arguments);
        using var client = new ConnectionStateClient(new() { Address = server.Address });
        using var watcher = new ConnectionStateClient(new() { Address = other.Address });
        return await RunAsync(client, watcher);
    }

    private static async Task<int> RunAsync(ConnectionStateClient client, ConnectionStateClient watcher)
    {
        await MeasureAsync(client, watcher, "warm-up", merchants: 50, perSecond: 1_000, TimeSpan.FromSeconds(5), print: false);
        await RoundTripsAsync(client);
        var unary = await RoundTripsAsync(client);
        Console.WriteLine($"{"unary round trip",-40} {unary}");

        await MeasureAsync(client, watcher, "slow", merchants: 1, perSecond: 1, TimeSpan.FromSeconds(20), print: true, unary.P50);
        await MeasureAsync(client, watcher, "fast", merchants: 50, perSecond: 1_000, TimeSpan.FromSeconds(15), print: true, unary.P50);
        return 0;
    }

    private static async Task MeasureAsync(
        ConnectionStateClient client, ConnectionStateClient watcher, string name, int merchants, int perSecond, TimeSpan duration, bool print,
        double unary = 1)
    {
        var count = (int)(perSecond * duration.TotalSeconds / merchants);
        var ids = Enumerable.Range(0, merchants).Select(m => $"{name}-{m}").ToList();
        await Task.WhenAll(ids.Select(id => PacedCommits.PrepareAsync(client, id)));
        var commits = ids.Select(id => new PacedCommits(client, id, count, duration)).ToList();
        var followers = ids.Select(id => new Follower(watcher, id, count)).ToList();
        await Task.WhenAll(followers.Select(f => f.ReadAsync()));

        var watch = Stopwatch.StartNew();
        var reading = followers.Select(f => f.ReadToEndAsync()).ToList();
        await Task.WhenAll(commits.Select(c => c.RunAsync()));
        var rate = merchants * count / watch.Elapsed.TotalSeconds;
        await Task.WhenAll(reading);
        followers.ForEach(f => f.Dispose());
        if (!print)
        {
            return;
        }

        // The store's acknowledgement cannot be seen from here. It lies between the request and the answer; the answer takes half a
        // round trip from there. So the delivery may well be before the answer.
        Console.WriteLine($"{rate:F0} commits/s of {merchants} merchants, one stream each:");
        Print("  the commit call, request to answer", Latencies.Between(commits.SelectMany(c => c.SentAt.Zip(c.AnsweredAt))), unary);
        Print("  request sent to delivery", Latencies.Between(commits.Zip(followers).SelectMany(p => p.First.SentAt.Zip(p.Second.DeliveredAt))), unary);
        var half = (long)(unary / 2_000 * Stopwatch.Frequency);
        Print("  answer less half a round trip to delivery", Latencies.Between(commits.Zip(followers).SelectMany(
            p => p.First.AnsweredAt.Zip(p.Second.DeliveredAt, (answered, told) => (answered == 0 ? 0 : answered - half, told)))), unary);
    }

    private static void Print(string what, Latencies measured, double unary) => Console.WriteLine(
        $"{what,-40} {measured}; p50 {measured.P50 / unary:F2}, p99 {measured.P99 / unary:F2} of a unary round trip");

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
