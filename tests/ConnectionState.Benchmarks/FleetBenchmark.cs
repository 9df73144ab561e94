using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;

namespace ConnectionStateService.Benchmarks;

/// <summary>2,000 watches of 500 merchants in one process, before, during and after a restart of the server.</summary>
internal static class FleetBenchmark
{
    private const int Watches = 2_000;
    private const int Merchants = 500;
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    public static async Task<int> RunAsync()
    {
        await MeasureAsync(TimeSpan.Zero);
        await MeasureAsync(TimeSpan.FromSeconds(5));
        return 0;
    }

    private static async Task MeasureAsync(TimeSpan down)
    {
        using var server = ServerUnderTest.StartProduct();
        using var client = new ConnectionStateClient(new() { Address = server.Address });
        var watch = Stopwatch.StartNew();
        await using var fleet = new Fleet(client, Watches, Merchants);
        await fleet.UntilLiveAsync(Watches, Hang);
        Console.WriteLine($"{Watches} watches of {Merchants} merchants, open after {watch.ElapsedMilliseconds} ms");

        var asked = Stopwatch.GetTimestamp();
        await server.TerminateAsync();
        var gone = Stopwatch.GetElapsedTime(asked);
        await fleet.UntilLiveAsync(0, Hang);
        var ends = Times(fleet, 1, asked);
        Console.WriteLine($"  asked to end: the first stream ended after {ends[0]:F0} ms, the last after {ends[^1]:F0} ms, "
            + $"the process after {gone.TotalMilliseconds:F0} ms");
        foreach (var how in fleet.Transitions.GroupBy(turns => (turns[1].Update.Failure?.StatusCode, turns[1].Update.Failure?.Reason)))
        {
            Console.WriteLine($"  {how.Count()} ended with {how.Key}");
        }

        await Task.Delay(down);
        var restarted = Stopwatch.GetTimestamp();
        server.Restart();
        var serves = Stopwatch.GetElapsedTime(restarted);
        await fleet.UntilLiveAsync(Watches, Hang);
        PrintReturn(down, serves, Times(fleet, 2, restarted));
    }

    // When each watch took its n-th turn, in milliseconds.
    private static List<double> Times(Fleet fleet, int turn, long since) =>
        [.. fleet.Transitions.Select(turns => Stopwatch.GetElapsedTime(since, turns[turn].At).TotalMilliseconds).Order()];

    private static void PrintReturn(TimeSpan down, TimeSpan serves, List<double> back)
    {
        Console.WriteLine($"  started again {down.TotalSeconds:F0} s later, which took {serves.TotalMilliseconds:F0} ms: live from "
            + $"{back[0]:F0} ms to {back[^1]:F0} ms after, half of them by {back[back.Count / 2]:F0} ms, 99 % by {back[back.Count * 99 / 100]:F0} ms");
        var largest = back.Max(from => back.Count(at => at >= from && at < from + 100));
        Console.WriteLine($"  within any 100 ms at the most {largest} ({100.0 * largest / back.Count:F1} %); by second: "
            + string.Join(' ', Enumerable.Range(0, 1 + (int)(back[^1] / 1_000)).Select(s => back.Count(at => (int)(at / 1_000) == s))));
    }
}
