using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures how 2,000 watches of 500 merchants in one process end and resume when the server is restarted.</summary>
internal static class Restart
{
    private const int Watches = 2_000;
    private const int Merchants = 500;
    private static readonly TimeSpan HangLimit = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(SectionRun run)
    {
        await MeasureAsync(run, TimeSpan.Zero);
        await MeasureAsync(run, TimeSpan.FromSeconds(5));
    }

    private static async Task MeasureAsync(SectionRun run, TimeSpan downtime)
    {
        using var server = await run.StartServiceAsync();
        using var client = server.CreateClient();
        var watch = Stopwatch.StartNew();
        await using var fleet = new Fleet(client, Watches, Merchants);
        await fleet.UntilLiveAsync(Watches, HangLimit);
        var opened = watch.Elapsed;

        var terminated = Stopwatch.GetTimestamp();
        await server.TerminateAsync();
        var exited = Stopwatch.GetElapsedTime(terminated);
        await fleet.UntilLiveAsync(0, HangLimit);
        var ended = Times(fleet, 1, terminated);
        run.Record("all-open-s", opened.TotalSeconds);
        run.Record("all-ended-s", ended[^1] / 1_000);
        run.Record("exited-s", exited.TotalSeconds);

        await Task.Delay(downtime);
        var restarted = Stopwatch.GetTimestamp();
        await server.RestartAsync();
        await fleet.UntilLiveAsync(Watches, HangLimit);
        var resumed = Times(fleet, 2, restarted);
        run.Record($"half-live-after-{downtime.TotalSeconds:F0}-s-down-s", resumed[resumed.Count / 2] / 1_000);
        run.Record($"all-live-after-{downtime.TotalSeconds:F0}-s-down-s", resumed[^1] / 1_000);
    }

    // When each watch became live or stale for the n-th time, in milliseconds after a timestamp.
    private static List<double> Times(Fleet fleet, int index, long since) =>
        [.. fleet.Transitions.Select(transitions => Stopwatch.GetElapsedTime(since, transitions[index].At).TotalMilliseconds).Order()];
}
