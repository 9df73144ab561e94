using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;

namespace ConnectionStateService.Benchmarks;

/// <summary>Measures how 2,000 watches of 500 merchants in one process end and resume when the server is restarted.</summary>
internal static class RestartBenchmark
{
    private const int Watches = 2_000;
    private const int Merchants = 500;
    private static readonly TimeSpan HangLimit = TimeSpan.FromMinutes(2);

    public static async Task RunAsync()
    {
        await MeasureAsync(TimeSpan.Zero);
        await MeasureAsync(TimeSpan.FromSeconds(5));
    }

    private static async Task MeasureAsync(TimeSpan downtime)
    {
        using var server = ServerUnderTest.StartService();
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
        Report.Row(
            $"{Watches:N0} streams of {Merchants} merchants: all open; all ended after SIGTERM; process exited",
            $"{opened.TotalSeconds:F1} s; {ended[^1] / 1_000:F2} s; {exited.TotalSeconds:F2} s");
        foreach (var failures in fleet.Transitions.GroupBy(transitions => transitions[1].Update.Failure?.StatusCode))
        {
            Report.Detail($"{failures.Count()} streams ended with {failures.Key}");
        }

        await Task.Delay(downtime);
        var restarted = Stopwatch.GetTimestamp();
        server.Restart();
        var started = Stopwatch.GetElapsedTime(restarted);
        await fleet.UntilLiveAsync(Watches, HangLimit);
        PrintResumption(downtime, started, Times(fleet, 2, restarted));
    }

    // When each watch became live or stale for the n-th time, in milliseconds after a timestamp.
    private static List<double> Times(Fleet fleet, int index, long since) =>
        [.. fleet.Transitions.Select(transitions => Stopwatch.GetElapsedTime(since, transitions[index].At).TotalMilliseconds).Order()];

    private static void PrintResumption(TimeSpan downtime, TimeSpan started, List<double> resumed)
    {
        Report.Row(
            $"The same streams live again after a restart {downtime.TotalSeconds:F0} s later: half; all",
            $"{resumed[resumed.Count / 2] / 1_000:F1} s; {resumed[^1] / 1_000:F1} s");
        var largest = resumed.Max(from => resumed.Count(at => at >= from && at < from + 100));
        Report.Detail($"the server started in {started.TotalMilliseconds:F0} ms; at most {largest} streams resumed within 100 ms");
    }
}
