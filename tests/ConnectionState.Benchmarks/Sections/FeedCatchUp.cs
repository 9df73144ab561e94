using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures how fast a stream of all partitions reads the commits that are stored, without and with page lists.</summary>
internal static class FeedCatchUp
{
    private const int Merchants = 2_000;
    private const int Callers = 64;
    private const int RoundsCount = 3;

    public static async Task RunEmbeddedAsync(SectionRun run)
    {
        using var server = await run.StartServiceAsync();
        await RunAsync(run, server);
    }

    public static async Task RunOnRedisAsync(SectionRun run)
    {
        using var redis = await RedisServer.StartAsync(appendOnly: true);
        using var server = await run.StartServiceAsync(redis.StoreOptions);
        await RunAsync(run, server);
    }

    private static async Task RunAsync(SectionRun run, ServerUnderTest server)
    {
        using var client = server.CreateClient();
        var commitsOfEach = run.Pick(50, 5);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Merchants),
            new ParallelOptions { MaxDegreeOfParallelism = Callers },
            async (n, cancellationToken) =>
            {
                await SeededMerchants.ConnectPageAsync(client, $"merchant-{n}", $"page-{n}");
                for (var bought = 1; bought <= commitsOfEach; bought++)
                {
                    await client.Plans.SetPlanAsync(new() { MerchantId = $"merchant-{n}", Plan = Plan.Standard, BoughtPages = bought }, cancellationToken: cancellationToken);
                }
            });

        var commits = Merchants * (4 + commitsOfEach);
        run.Record("commits", commits);
        foreach (var (name, includesPageLists) in new[] { ("commits-per-second", false), ("commits-per-second-with-page-lists", true) })
        {
            var rates = new List<double>();
            for (var round = 0; round <= RoundsCount; round++)
            {
                rates.Add(await MeasureAsync(client, commits, includesPageLists));
                Console.WriteLine($"  {(round == 0 ? "warm-up" : $"round {round}")} of {name}: {rates[^1]:#,0}");
            }

            run.Record(name, Rounds.Median(rates.Skip(1)));
        }
    }

    private static async Task<double> MeasureAsync(ConnectionStateClient client, int commits, bool includesPageLists)
    {
        var request = new WatchFeedRequest { IncludePageList = includesPageLists };
        request.Starts.AddRange((await client.Feeds.GetFeedPositionsAsync(new())).Partitions
            .Select(partition => new FeedStart { Partition = partition.Partition_, Position = partition.Oldest }));
        using var reading = new FeedReading(client, request);
        var watch = Stopwatch.StartNew();
        await reading.ReadUntilLiveAsync();
        var elapsed = watch.Elapsed;
        return reading.Commits == commits
            ? commits / elapsed.TotalSeconds
            : throw new InvalidOperationException($"{reading.Commits} of {commits} commits came.");
    }
}
