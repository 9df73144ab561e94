using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks;

/// <summary>
/// Opens 50 streams that are not read beside 50 that are, on one connection, during 500 commits/s for a minute. Measures the server's
/// memory, the delivery latency of the streams that are read, and how fast the others catch up.
/// </summary>
internal static class SlowReaderBenchmark
{
    private const int MerchantCount = 10;
    private const int StreamsPerMerchant = 5;
    private const int CommitsPerSecond = 500;
    private const double MiB = 1024 * 1024;
    private static readonly TimeSpan WarmupPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    public static async Task RunAsync()
    {
        using var server = ServerUnderTest.StartService();
        using var committer = server.CreateClient();
        await Task.WhenAll(Enumerable.Range(0, MerchantCount).SelectMany(m => new[]
        {
            PacedCommits.ConnectThreePagesAsync(committer, $"warmup-{m}"), PacedCommits.ConnectThreePagesAsync(committer, $"measured-{m}"),
        }));

        // The warm-up accounts for memory that any load needs: compiled code, connections, the budget of the garbage collector.
        await MeasureAsync(server, committer, "warmup", unreadPerMerchant: 0, WarmupPeriod);
        var memoryBefore = server.Memory;
        var (told, unread, catchUp, peakMemory) = await MeasureAsync(server, committer, "measured", StreamsPerMerchant, Period);

        Report.Row(
            $"{MerchantCount * StreamsPerMerchant} streams read beside {unread} that are not, {CommitsPerSecond} commits/s for {Period.TotalSeconds:F0} s: "
            + "request sent to delivery p50; p99; server memory; time to catch up",
            $"{told.P50:F1} ms; {told.P99:F1} ms; +{(peakMemory - memoryBefore) / MiB:F1} MiB; {catchUp.TotalMilliseconds:F0} ms");
    }

    private static async Task<(Latencies Told, int Unread, TimeSpan CatchUp, long PeakMemory)> MeasureAsync(
        ServerUnderTest server, ConnectionStateClient committer, string name, int unreadPerMerchant, TimeSpan period)
    {
        var count = (int)(CommitsPerSecond * period.TotalSeconds / MerchantCount);
        using var client = server.CreateClient();
        var commits = Enumerable.Range(0, MerchantCount).Select(m => new PacedCommits(committer, $"{name}-{m}", count, period)).ToList();
        var read = Open(client, name, count, StreamsPerMerchant);
        var unread = Open(client, name, count, unreadPerMerchant);
        await Task.WhenAll(read.Concat(unread).Select(r => r.ReadAsync()));

        var watch = Stopwatch.StartNew();
        var reading = read.Select(r => r.ReadToEndAsync()).ToList();
        var committing = Task.WhenAll(commits.Select(c => c.RunAsync()));
        var peakMemory = await PeakMemoryAsync(server, committing);
        var rate = MerchantCount * count / watch.Elapsed.TotalSeconds;
        await Task.WhenAll(reading);
        var latencies = Latencies.Between(read.SelectMany((r, n) => commits[n % MerchantCount].SentAt.Zip(r.DeliveredAt)));

        watch.Restart();
        await Task.WhenAll(unread.Select(r => r.ReadToEndAsync()));
        var catchUp = watch.Elapsed;
        Report.Detail($"{name}: {rate:F0} commits/s; request sent to delivery: {latencies}; "
            + $"{read.Count(r => r.FellBehind > 0)} of {read.Count} read streams and {unread.Count(r => r.FellBehind > 0)} of {unread.Count} unread streams "
            + $"fell behind; {unread.Count(r => r.Newest == count)} unread streams caught up");
        read.Concat(unread).ToList().ForEach(r => r.Dispose());
        return (latencies, unread.Count, catchUp, peakMemory);
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
