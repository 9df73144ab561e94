using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>
/// Measures the first change of a merchant in a process: its requests of the last day are read from the history then, at most 1,000 of them.
/// </summary>
internal static class ColdChange
{
    private const int Merchants = 64;
    private const int RememberedRequests = 1_000;

    /// <summary>A process that is started again.</summary>
    public static async Task RunEmbeddedAsync(SectionRun run)
    {
        using var server = await run.StartServiceAsync();
        using (var client = server.CreateClient())
        {
            await SeedAsync(run, client);
        }

        await server.TerminateAsync();
        await server.RestartAsync();
        using var restarted = server.CreateClient();
        await MeasureAsync(run, restarted);
    }

    /// <summary>Another process than the one that has made the changes so far.</summary>
    public static async Task RunOnRedisAsync(SectionRun run)
    {
        using var redis = await RedisServer.StartAsync(appendOnly: true);
        using var first = await run.StartServiceAsync(redis.StoreOptions);
        using var second = await run.StartServiceAsync(redis.StoreOptions);
        using var firstClient = first.CreateClient();
        using var secondClient = second.CreateClient();
        await SeedAsync(run, firstClient);
        await MeasureAsync(run, secondClient);
    }

    private static async Task SeedAsync(SectionRun run, ConnectionStateClient client)
    {
        var changes = run.Pick(RememberedRequests, RememberedRequests / 10);
        await Task.WhenAll(Enumerable.Range(0, Merchants).Select(async n =>
        {
            await SeededMerchants.ConnectThreePagesAsync(client, $"short-{n}");
            await SeededMerchants.ConnectThreePagesAsync(client, $"long-{n}");
            for (var change = 0; change < changes; change++)
            {
                await ChangeAsync(client, $"long-{n}", change);
            }
        }));
    }

    // One call at a time, after the methods have been compiled.
    private static async Task MeasureAsync(SectionRun run, ConnectionStateClient client)
    {
        for (var n = 0; n < run.Pick(2_000, 200); n++)
        {
            await ChangeAsync(client, $"warm-up-{n}", n);
        }

        var (longHistory, shortHistory, warm) = (new List<(long, long)>(), new List<(long, long)>(), new List<(long, long)>());
        for (var n = 0; n < Merchants; n++)
        {
            longHistory.Add(await MeasureAsync(client, $"long-{n}", RememberedRequests));
            shortHistory.Add(await MeasureAsync(client, $"short-{n}", RememberedRequests));
            warm.Add(await MeasureAsync(client, $"long-{n}", RememberedRequests + 1));
        }

        Record("long-history", longHistory);
        Record("short-history", shortHistory);
        Record("warm", warm);

        void Record(string what, List<(long, long)> times)
        {
            var latencies = Latencies.Between(times);
            run.Record($"{what}-p50-ms", latencies.P50);
            run.Record($"{what}-max-ms", latencies.Max);
        }
    }

    private static async Task<(long From, long To)> MeasureAsync(ConnectionStateClient client, string merchantId, int change)
    {
        var from = Stopwatch.GetTimestamp();
        await ChangeAsync(client, merchantId, change);
        return (from, Stopwatch.GetTimestamp());
    }

    // The client gives each change a request id.
    private static async Task ChangeAsync(ConnectionStateClient client, string merchantId, int change) =>
        await client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = 10 + (change % 10) });
}
