using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>
/// Opens streams of the feed that are not read beside one that is, during 1,000 commits/s. Measures the delivery on the one that is read, without
/// and with the others, and what the others cost.
/// </summary>
internal static class FeedSlowReader
{
    private const int SlowStreams = 32;
    private const int Merchants = 50;
    private const int CommitsPerSecond = 1_000;
    private const double MiB = 1024 * 1024;

    public static async Task RunAsync(SectionRun run)
    {
        using var server = await run.StartServiceAsync();
        using var client = server.CreateClient();
        var period = run.Pick(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5));

        // The warm-up accounts for memory that any load needs: compiled code, connections, the budget of the garbage collector.
        await MeasureAsync(server, client, "warm-up", slow: 0, period);
        var alone = await MeasureAsync(server, client, "alone", slow: 0, period);
        var beside = await MeasureAsync(server, client, "beside", SlowStreams, period);

        run.Record("alone-from-request-p50-ms", alone.Fast.P50);
        run.Record("alone-from-request-p99-ms", alone.Fast.P99);
        run.Record("beside-from-request-p50-ms", beside.Fast.P50);
        run.Record("beside-from-request-p99-ms", beside.Fast.P99);
        run.Record("mib-per-slow-stream", Math.Max(0, beside.Memory - alone.Memory) / MiB / SlowStreams);
        run.Record("slow-commits-per-second-afterwards", beside.CatchUpRate);
    }

    // The largest memory while the streams were not read, and how many commits per second one of those got when it was read.
    private static async Task<(Latencies Fast, long Memory, double CatchUpRate)> MeasureAsync(
        ServerUnderTest server, ConnectionStateClient client, string name, int slow, TimeSpan period)
    {
        var count = (int)(CommitsPerSecond * period.TotalSeconds / Merchants);
        var ids = Enumerable.Range(0, Merchants).Select(m => $"{name}-{m}").ToList();
        await Task.WhenAll(ids.Select(id => SeededMerchants.ConnectThreePagesAsync(client, id)));
        var commits = ids.Select(id => new PacedCommits(client, id, count, period)).ToList();
        using var fast = new FeedReading(client, new() { IncludePageList = true });
        var delivered = ids.Select(id => fast.Expect(id, count)).ToList();
        await fast.ReadUntilLiveAsync();

        // On a connection of their own: they fill its window.
        using var slowClient = server.CreateClient();
        var unread = Enumerable.Range(0, slow).Select(_ => new FeedReading(slowClient, new() { IncludePageList = true })).ToList();
        await Task.WhenAll(unread.Select(stream => stream.ReadUntilLiveAsync()));

        var reading = fast.ReadCommitsAsync(Merchants * count);
        var committing = Task.WhenAll(commits.Select(c => c.RunAsync()));
        var memory = 0L;
        while (!committing.IsCompleted)
        {
            memory = Math.Max(memory, server.Memory);
            await Task.WhenAny(committing, Task.Delay(TimeSpan.FromMilliseconds(250)));
        }

        await committing;
        await reading;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Task.WhenAll(unread.Select(stream => stream.ReadCommitsAsync(Merchants * count)));
        var rate = slow * Merchants * count / watch.Elapsed.TotalSeconds;
        unread.ForEach(stream => stream.Dispose());
        return (Latencies.Between(commits.Zip(delivered).SelectMany(pair => pair.First.SentAt.Zip(pair.Second))), memory, rate);
    }
}
