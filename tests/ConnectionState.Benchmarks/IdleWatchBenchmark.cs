using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks;

/// <summary>Measures the server memory (working set) of 10,000 idle watch streams.</summary>
internal static class IdleWatchBenchmark
{
    private const int Watches = 10_000;
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(45);

    public static async Task RunAsync()
    {
        await MeasureAsync(merchants: 500);
        await MeasureAsync(merchants: Watches);
    }

    private static async Task MeasureAsync(int merchants)
    {
        using var server = ServerUnderTest.StartService("--Watch:Streams=20000");
        using (var warmup = server.CreateClient())
        {
            var first = await OpenAsync(warmup, 200, 200);
            first.ForEach(r => r.Dispose());
        }

        var before = server.Memory;
        using var client = server.CreateClient();
        var watch = Stopwatch.StartNew();
        var recorders = await OpenAsync(client, Watches, merchants);
        Report.Detail($"opened in {watch.Elapsed.TotalSeconds:F1} s: +{(server.Memory - before) / 1024.0 / Watches:F1} KiB per stream");

        // Read the checkpoints, so that they do not pile up.
        var reading = recorders.Select(r => r.ReadToEndAsync()).ToList();
        await Task.Delay(IdleTime);
        Report.Row(
            $"Server memory per idle stream, {Watches:N0} streams of {merchants:N0} merchants, after {IdleTime.TotalSeconds:F0} s",
            $"{(server.Memory - before) / 1024.0 / Watches:F1} KiB");
        recorders.ForEach(r => r.Dispose());
        await Task.WhenAll(reading.Select(task => task.ContinueWith(_ => { }, TaskScheduler.Default)));
    }

    private static async Task<List<WatchRecorder>> OpenAsync(ConnectionStateClient client, int watches, int merchants)
    {
        var recorders = Enumerable.Range(0, watches).Select(n => new WatchRecorder(client, $"m{n % merchants}", 1)).ToList();
        await Task.WhenAll(recorders.Select(r => r.ReadAsync()));
        return recorders;
    }
}
