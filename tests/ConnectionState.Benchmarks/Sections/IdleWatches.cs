using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures the server memory (working set) of idle watch streams.</summary>
internal static class IdleWatches
{
    public static async Task RunAsync(SectionRun run)
    {
        var watches = run.Pick(10_000, whenQuick: 1_000);
        run.Record("scale", watches);
        await MeasureAsync(run, watches, merchants: watches / 20);
        await MeasureAsync(run, watches, merchants: watches);
    }

    private static async Task MeasureAsync(SectionRun run, int watches, int merchants)
    {
        using var server = await run.StartServiceAsync("--Watch:Streams=20000");
        using (var warmup = server.CreateClient())
        {
            var first = await OpenAsync(warmup, 200, 200);
            first.ForEach(r => r.Dispose());
        }

        var before = server.Memory;
        using var client = server.CreateClient();
        var recorders = await OpenAsync(client, watches, merchants);

        // Read the checkpoints, so that they do not pile up.
        var reading = recorders.Select(r => r.ReadToEndAsync()).ToList();
        await Task.Delay(run.Pick(TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(5)));
        run.Record($"kib-per-stream-{watches / merchants}-each", (server.Memory - before) / 1024.0 / watches);
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
