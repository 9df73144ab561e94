using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks;

/// <summary>What 10,000 streams on which nothing happens cost the server, in memory that it has of the machine.</summary>
internal static class IdleBenchmark
{
    private const int Watches = 10_000;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(45);

    public static async Task<int> RunAsync()
    {
        await MeasureAsync(merchants: 500);
        await MeasureAsync(merchants: Watches);
        return 0;
    }

    private static async Task MeasureAsync(int merchants)
    {
        using var server = ServerUnderTest.StartProduct("--Watch:Streams=20000");
        using (var warmup = new ConnectionStateClient(new() { Address = server.Address }))
        {
            var first = await OpenAsync(warmup, 200, 200);
            first.ForEach(f => f.Dispose());
        }

        var before = server.Memory;
        using var client = new ConnectionStateClient(new() { Address = server.Address });
        var watch = Stopwatch.StartNew();
        var watches = await OpenAsync(client, Watches, merchants);
        Console.WriteLine($"{Watches} watches of {merchants} merchants, open after {watch.Elapsed.TotalSeconds:F1} s; "
            + $"the server had {before / 1024:N0} KiB before");
        Print("just opened", server.Memory - before);

        // They are read as they would be, so that their checkpoints do not pile up.
        var reading = watches.Select(f => f.ReadToEndAsync()).ToList();
        await Task.Delay(Idle);
        Print($"idle for {Idle.TotalSeconds:F0} s", server.Memory - before);
        watches.ForEach(f => f.Dispose());
        await Task.WhenAll(reading.Select(task => task.ContinueWith(_ => { }, TaskScheduler.Default)));
    }

    private static async Task<List<Follower>> OpenAsync(ConnectionStateClient client, int watches, int merchants)
    {
        var followers = Enumerable.Range(0, watches).Select(n => new Follower(client, $"m{n % merchants}", 1)).ToList();
        await Task.WhenAll(followers.Select(f => f.ReadAsync()));
        return followers;
    }

    private static void Print(string when, long growth) =>
        Console.WriteLine($"  {when}: +{growth / 1024:N0} KiB, {growth / 1024.0 / Watches:F1} KiB per watch");
}
