using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures one stream of 100,000 merchants: its memory, how long it takes to open and to resume, and its deliveries beside those of watches.</summary>
internal static class ManyWatched
{
    private const int CommitsPerSecond = 500;
    private const int Committed = 50;
    private const int RoundsCount = 3;
    private static readonly TimeSpan AfterOpening = TimeSpan.FromSeconds(2);

    /// <summary>Memory, and the times to open and to resume. The store caches nothing, so that all memory is that of the stream.</summary>
    public static async Task RunEmbeddedAsync(SectionRun run)
    {
        using var server = await run.StartServiceAsync("--Store:CachedBytes=0");
        var merchants = await LoadAsync(run, server);
        using var client = server.CreateClient();
        await OpenAndCloseAsync(client, merchants.Take(1_000));
        var before = server.Memory;

        using var recorder = await OpenAsync(run, client, merchants);
        using var stop = new CancellationTokenSource(run.Pick(TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(5)));
        await ReadOnAsync(recorder, stop.Token);
        run.Record("kib-per-merchant", (server.Memory - before) / 1024.0 / merchants.Count);
    }

    /// <summary>Commits go to one process, streams come from another.</summary>
    public static async Task RunOnRedisAsync(SectionRun run)
    {
        using var redis = await RedisServer.StartAsync(appendOnly: true);
        using var committing = await run.StartServiceAsync(redis.StoreOptions);
        using var watched = await run.StartServiceAsync(redis.StoreOptions);
        var merchants = await LoadAsync(run, committing);
        await redis.UntilRewrittenAsync();
        using var committer = committing.CreateClient();
        using var client = watched.CreateClient();
        await OpenAndCloseAsync(client, merchants.Take(1_000));
        using (await OpenAsync(run, client, merchants))
        {
            // The next ones have other merchants too.
        }

        var period = run.Pick(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(5));
        await MeasureWatchesAsync(committer, client, "warm-up", period);
        var (watches, many) = (new List<Latencies>(), new List<Latencies>());
        for (var round = 0; round < RoundsCount; round++)
        {
            watches.Add(await MeasureWatchesAsync(committer, client, $"watches-{round}", period));
            many.Add(await MeasureManyAsync(committer, client, $"many-{round}", merchants, period));
            Console.WriteLine($"  round {round}: watches {watches[^1]}; many {many[^1]}");
        }

        run.Record("watches-p50-ms", Rounds.Median(watches.Select(latencies => latencies.P50)));
        run.Record("watches-p99-ms", Rounds.Median(watches.Select(latencies => latencies.P99)));
        run.Record("many-p50-ms", Rounds.Median(many.Select(latencies => latencies.P50)));
        run.Record("many-p99-ms", Rounds.Median(many.Select(latencies => latencies.P99)));
    }

    private static async Task<List<(string Id, string Token)>> LoadAsync(SectionRun run, ServerUnderTest server)
    {
        var count = run.Merchants(full: 100_000, whenQuick: 5_000);
        run.Record("scale", count);
        using var client = server.CreateClient();
        await SeededMerchants.ImportAsync(
            client, count, n => ($"merchant-{n:0000000}", SeededMerchants.Connected($"{1_000_000_000_000_000 + n}")));
        return [.. Enumerable.Range(0, count).Select(n => ($"merchant-{n:0000000}", ""))];
    }

    private static async Task OpenAndCloseAsync(ConnectionStateClient client, IEnumerable<(string Id, string Token)> merchants)
    {
        using var recorder = new ManyRecorder(client);
        await recorder.AddAsync([.. merchants]);
    }

    private static async Task<ManyRecorder> OpenAsync(SectionRun run, ConnectionStateClient client, List<(string Id, string Token)> merchants)
    {
        var watch = Stopwatch.StartNew();
        using var opened = new ManyRecorder(client);
        await opened.AddAsync(merchants);
        run.Record("open-seconds", watch.Elapsed.TotalSeconds);
        watch.Restart();
        var resumed = new ManyRecorder(client);
        await resumed.AddAsync([.. opened.Tokens.Select(pair => (pair.Key, pair.Value))]);
        run.Record("resume-seconds", watch.Elapsed.TotalSeconds);
        return resumed;
    }

    // Reads the checkpoints, so that they do not pile up.
    private static async Task ReadOnAsync(ManyRecorder recorder, CancellationToken stop)
    {
        try
        {
            await recorder.ReadOnAsync(stop);
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or Grpc.Core.RpcException)
        {
            // Read long enough.
        }
    }

    private static async Task<Latencies> MeasureWatchesAsync(ConnectionStateClient committer, ConnectionStateClient client, string name, TimeSpan period)
    {
        var commits = NewCommits(committer, name, period, out var count);
        var recorders = Enumerable.Range(0, Committed).Select(n => new WatchRecorder(client, $"{name}-{n}", count)).ToList();
        await Task.WhenAll(recorders.Select(recorder => recorder.ReadAsync()));
        var reading = recorders.Select(recorder => recorder.ReadToEndAsync()).ToList();
        await Task.WhenAll(commits.Select(c => c.RunAsync()));
        await Task.WhenAll(reading);
        recorders.ForEach(recorder => recorder.Dispose());
        return Latencies.Between(commits.Zip(recorders).SelectMany(pair => pair.First.SentAt.Zip(pair.Second.DeliveredAt)));
    }

    private static async Task<Latencies> MeasureManyAsync(
        ConnectionStateClient committer, ConnectionStateClient client, string name, List<(string Id, string Token)> merchants, TimeSpan period)
    {
        var commits = NewCommits(committer, name, period, out var count);
        using var recorder = new ManyRecorder(client);
        await recorder.AddAsync([.. merchants.Skip(Committed), .. Enumerable.Range(0, Committed).Select(n => ($"{name}-{n}", ""))]);
        var delivered = Enumerable.Range(0, Committed).Select(n => recorder.Record($"{name}-{n}", count)).ToList();

        // What this process has kept of the merchants must not be collected while it measures.
        GC.Collect();
        await Task.Delay(AfterOpening);
        var reading = recorder.ReadToEndAsync();
        await Task.WhenAll(commits.Select(c => c.RunAsync()));
        await reading;
        return Latencies.Between(commits.Zip(delivered).SelectMany(pair => pair.First.SentAt.Zip(pair.Second)));
    }

    private static List<PacedCommits> NewCommits(ConnectionStateClient committer, string name, TimeSpan period, out int count)
    {
        var perMerchant = (int)(CommitsPerSecond * period.TotalSeconds / Committed);
        count = perMerchant;
        return [.. Enumerable.Range(0, Committed).Select(n => new PacedCommits(committer, $"{name}-{n}", perMerchant, period))];
    }
}
