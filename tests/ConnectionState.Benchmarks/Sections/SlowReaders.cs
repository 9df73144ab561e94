using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>
/// Opens 50 streams that are not read beside 50 that are, on one connection, during 500 commits/s. Measures the server's
/// memory, the delivery latency of the streams that are read, and how fast the others catch up.
/// </summary>
internal static class SlowReaders
{
    private const int MerchantCount = 10;
    private const int StreamsPerMerchant = 5;
    private const int CommitsPerSecond = 500;
    private const double MiB = 1024 * 1024;
    private static readonly TimeSpan WarmupPeriod = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(SectionRun run)
    {
        using var server = await run.StartServiceAsync();
        using var committer = server.CreateClient();
        await Task.WhenAll(Enumerable.Range(0, MerchantCount).SelectMany(m => new[]
        {
            SeededMerchants.ConnectThreePagesAsync(committer, $"warmup-{m}"), SeededMerchants.ConnectThreePagesAsync(committer, $"measured-{m}"),
        }));

        // The warm-up accounts for memory that any load needs: compiled code, connections, the budget of the garbage collector.
        await MeasureAsync(server, committer, "warmup", unreadPerMerchant: 0, WarmupPeriod);
        var memoryBefore = server.Memory;
        var (told, catchUp, peakMemory) = await MeasureAsync(
            server, committer, "measured", StreamsPerMerchant, run.Pick(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10)));

        run.Record("from-request-p50-ms", told.P50);
        run.Record("from-request-p99-ms", told.P99);
        run.Record("more-memory-mib", (peakMemory - memoryBefore) / MiB);
        run.Record("catch-up-ms", catchUp.TotalMilliseconds);
    }

    private static async Task<(Latencies Told, TimeSpan CatchUp, long PeakMemory)> MeasureAsync(
        ServerUnderTest server, ConnectionStateClient committer, string name, int unreadPerMerchant, TimeSpan period)
    {
        var count = (int)(CommitsPerSecond * period.TotalSeconds / MerchantCount);
        using var client = server.CreateClient();
        var commits = Enumerable.Range(0, MerchantCount).Select(m => new PacedCommits(committer, $"{name}-{m}", count, period)).ToList();
        var read = Open(client, name, count, StreamsPerMerchant);
        var unread = Open(client, name, count, unreadPerMerchant);
        await Task.WhenAll(read.Concat(unread).Select(r => r.ReadAsync()));

        var reading = read.Select(r => r.ReadToEndAsync()).ToList();
        var committing = Task.WhenAll(commits.Select(c => c.RunAsync()));
        var peakMemory = await PeakMemoryAsync(server, committing);
        await Task.WhenAll(reading);
        var latencies = Latencies.Between(read.SelectMany((r, n) => commits[n % MerchantCount].SentAt.Zip(r.DeliveredAt)));

        var watch = Stopwatch.StartNew();
        await Task.WhenAll(unread.Select(r => r.ReadToEndAsync()));
        var catchUp = watch.Elapsed;
        read.Concat(unread).ToList().ForEach(r => r.Dispose());
        return (latencies, catchUp, peakMemory);
    }

    private static List<WatchRecorder> Open(ConnectionStateClient client, string name, int count, int perMerchant) =>
        [.. Enumerable.Range(0, MerchantCount * perMerchant).Select(n => new WatchRecorder(client, $"{name}-{n % MerchantCount}", count))];

    private static async Task<long> PeakMemoryAsync(ServerUnderTest server, Task running)
    {
        var peak = 0L;
        while (!running.IsCompleted)
        {
            peak = Math.Max(peak, server.Memory);
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(250)));
        }

        await running;
        return Math.Max(peak, server.Memory);
    }
}
