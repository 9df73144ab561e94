using System.Diagnostics;
using System.Globalization;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures the time from a commit to its delivery on a watch stream, as multiples of a unary round trip in the same run.</summary>
internal static class Delivery
{
    private const int RoundTrips = 2_000;
    private const int Merchants = 50;
    private const int CommitsPerSecond = 1_000;
    private const string WithCanary = "--Telemetry:Prometheus=true";

    /// <summary>One process.</summary>
    public static async Task RunEmbeddedAsync(SectionRun run)
    {
        using var server = await run.StartServiceAsync(WithCanary);
        using var client = server.CreateClient();
        await RunAsync(run, client, client);
        await RecordCanaryAsync(run, server);
    }

    /// <summary>Commits go to one process, streams come from another. A third one has metrics and the canary.</summary>
    public static async Task RunOnRedisAsync(SectionRun run)
    {
        using var redis = await RedisServer.StartAsync(appendOnly: true);
        using var committing = await run.StartServiceAsync(redis.StoreOptions);
        using var watched = await run.StartServiceAsync(redis.StoreOptions);
        using var measuring = await run.StartServiceAsync([.. redis.StoreOptions, WithCanary]);
        using var committer = committing.CreateClient();
        using var watcher = watched.CreateClient();
        await RunAsync(run, committer, watcher);
        await RecordCanaryAsync(run, measuring);
    }

    // What the process itself says of the same minute. Its canary commits and watches on one process, without gRPC.
    private static async Task RecordCanaryAsync(SectionRun run, ServerUnderTest server)
    {
        using var http = new HttpClient { BaseAddress = server.HttpAddress };
        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        var changes = ValueOf("connectionstate_canary_delay_seconds_count");
        run.Record("canary-changes", changes);
        run.Record("canary-mean-ms", ValueOf("connectionstate_canary_delay_seconds_sum") / changes * 1_000);

        double ValueOf(string series) => double.Parse(
            metrics.Split('\n').First(line => line.StartsWith(series, StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static async Task RunAsync(SectionRun run, ConnectionStateClient committer, ConnectionStateClient watcher)
    {
        await MeasureAsync(committer, watcher, "warm-up", Merchants, CommitsPerSecond, run.Pick(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(3)));
        await RoundTripsAsync(committer);
        var unary = await RoundTripsAsync(committer);
        run.Record("unary-p50-ms", unary.P50);
        run.Record("unary-p99-ms", unary.P99);
        Record(run, "slow", unary, await MeasureAsync(
            committer, watcher, "slow", merchants: 1, commitsPerSecond: 1, run.Pick(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5))));
        Record(run, "fast", unary, await MeasureAsync(
            committer, watcher, "fast", Merchants, CommitsPerSecond, run.Pick(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(3))));
    }

    // The acknowledgement by the store cannot be observed from outside. It happens about half a round trip before the response arrives,
    // so the delivery may precede the response.
    private static void Record(
        SectionRun run, string load, Latencies unary, (List<PacedCommits> Commits, List<WatchRecorder> Recorders, double Rate) measured)
    {
        var pairs = measured.Commits.Zip(measured.Recorders).ToList();
        var halfRoundTrip = (long)(unary.P50 / 2_000 * Stopwatch.Frequency);
        var fromRequest = Latencies.Between(pairs.SelectMany(p => p.First.SentAt.Zip(p.Second.DeliveredAt)));
        var fromCommit = Latencies.Between(pairs.SelectMany(p => p.First.AnsweredAt.Zip(
            p.Second.DeliveredAt, (answered, delivered) => (answered == 0 ? 0 : answered - halfRoundTrip, delivered))));

        run.Record($"{load}-commits-per-second", measured.Rate);
        run.Record($"{load}-from-commit-p50-ms", fromCommit.P50);
        run.Record($"{load}-from-commit-p99-ms", fromCommit.P99);
        run.Record($"{load}-from-request-p50-ms", fromRequest.P50);
        run.Record($"{load}-from-request-p99-ms", fromRequest.P99);
    }

    private static async Task<(List<PacedCommits> Commits, List<WatchRecorder> Recorders, double Rate)> MeasureAsync(
        ConnectionStateClient committer, ConnectionStateClient watcher, string name, int merchants, int commitsPerSecond, TimeSpan period)
    {
        var count = (int)(commitsPerSecond * period.TotalSeconds / merchants);
        var ids = Enumerable.Range(0, merchants).Select(m => $"{name}-{m}").ToList();
        await Task.WhenAll(ids.Select(id => SeededMerchants.ConnectThreePagesAsync(committer, id)));
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
