using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks;

/// <summary>
/// 50 streams that nobody reads beside 50 that are read, on the same connection, 500 commits a second for a minute: what they cost the
/// server, how late those that are read are told, and whether the others catch up.
/// </summary>
internal static class SlowReadersBenchmark
{
    private const int MerchantCount = 10;
    private const int StreamsPerMerchant = 5;
    private const int CommitsPerSecond = 500;
    private const double MiB = 1024 * 1024;
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Duration = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync()
    {
        using var server = ServerUnderTest.StartProduct();
        using var committer = new ConnectionStateClient(new() { Address = server.Address });
        await Task.WhenAll(Enumerable.Range(0, MerchantCount).SelectMany(m => new[]
        {
            PacedCommits.PrepareAsync(committer, $"warmup-{m}"), PacedCommits.PrepareAsync(committer, $"measured-{m}"),
        }));
        var started = server.Memory;

        // Twice in the same way. The first is for what any load costs: compiled code, connections, the collector's budget.
        await MeasureAsync(server, committer, "warmup", sleepers: 0, Warmup);
        var warm = server.Memory;
        var highest = await MeasureAsync(server, committer, "measured", StreamsPerMerchant, Duration);

        Console.WriteLine($"server memory: {started / MiB:F1} MiB at the start, {warm / MiB:F1} MiB before, at the most {highest / MiB:F1} MiB "
            + $"(+{(highest - warm) / MiB:F1}, and +{(highest - started) / MiB:F1} since the start), {server.Memory / MiB:F1} MiB after");
        return 0;
    }

    private static async Task<long> MeasureAsync(
        ServerUnderTest server, ConnectionStateClient committer, string name, int sleepers, TimeSpan duration)
    {
        var count = (int)(CommitsPerSecond * duration.TotalSeconds / MerchantCount);
        using var client = new ConnectionStateClient(new() { Address = server.Address });
        var commits = Enumerable.Range(0, MerchantCount)
            .Select(m => new PacedCommits(committer, $"{name}-{m}", count, duration)).ToList();
        var awake = Open(client, name, count, StreamsPerMerchant);
        var asleep = Open(client, name, count, sleepers);
        await Task.WhenAll(awake.Concat(asleep).Select(f => f.ReadAsync()));

        var watch = Stopwatch.StartNew();
        var reading = awake.Select(f => f.ReadToEndAsync()).ToList();
        var running = Task.WhenAll(commits.Select(c => c.RunAsync()));
        var highest = await HighestAsync(server, running);
        var rate = MerchantCount * count / watch.Elapsed.TotalSeconds;
        await Task.WhenAll(reading);
        var told = Latencies.Between(awake.SelectMany((f, n) => commits[n % MerchantCount].SentAt.Zip(f.DeliveredAt)));

        watch.Restart();
        await Task.WhenAll(asleep.Select(f => f.ReadToEndAsync()));
        Console.WriteLine($"{name}: {rate:F0} commits/s; {awake.Count} readers told after sending: {told}; "
            + $"{awake.Count(f => f.FellBehind > 0)} fell behind");
        Console.WriteLine($"{name}: {asleep.Count} not read; {asleep.Count(f => f.FellBehind > 0)} fell behind, "
            + $"{asleep.Count(f => f.Newest == count)} ended at the newest revision within {watch.ElapsedMilliseconds} ms");
        awake.Concat(asleep).ToList().ForEach(f => f.Dispose());
        return highest;
    }

    private static List<Follower> Open(ConnectionStateClient client, string name, int count, int perMerchant) =>
        [.. Enumerable.Range(0, MerchantCount * perMerchant).Select(n => new Follower(client, $"{name}-{n % MerchantCount}", count))];

    private static async Task<long> HighestAsync(ServerUnderTest server, Task running)
    {
        var highest = 0L;
        while (!running.IsCompleted)
        {
            highest = Math.Max(highest, server.Memory);
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(250)));
        }

        await running;
        return Math.Max(highest, server.Memory);
    }
}
