using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>
/// Measures the lists and counts over many merchants, of which one in a hundred has a lost page, and how fast they are imported and exported: each call
/// by one caller at a time, imports and exports by several.
/// </summary>
internal static class FleetLists
{
    private const int LostEvery = 100;
    private const int Exporters = 4;
    private const int Partitions = 256;

    public static async Task RunEmbeddedAsync(SectionRun run)
    {
        using var server = await run.StartServiceAsync();
        await MeasureAsync(run, server, () => Task.CompletedTask);
    }

    public static async Task RunOnRedisAsync(SectionRun run)
    {
        using var redis = await RedisServer.StartAsync(appendOnly: true);
        using var server = await run.StartServiceAsync(redis.StoreOptions);
        await MeasureAsync(run, server, redis.UntilRewrittenAsync);
    }

    private static async Task MeasureAsync(SectionRun run, ServerUnderTest server, Func<Task> settle)
    {
        var merchants = run.Merchants(full: 1_000_000, whenQuick: 20_000);
        using var client = server.CreateClient();
        var watch = Stopwatch.StartNew();
        await SeededMerchants.ImportAsync(client, merchants, Merchant);
        run.Record("scale", merchants);
        run.Record("imported-per-second", merchants / watch.Elapsed.TotalSeconds);

        await settle();
        foreach (var (figure, call) in new (string, Func<Task>)[]
        {
            ("count", () => client.Fleet.CountConnectionsAsync(new()).ResponseAsync),
            ("losses", () => client.Fleet.CountLossesAsync(new()).ResponseAsync),
            ("lost-page-of-100", ListLost(client, 100)),
            ("lost-page-of-500", ListLost(client, 500)),
            ("merchants-page-of-100", () => client.Fleet.ListMerchantsAsync(new() { Prefix = $"merchant-{Random.Shared.Next(merchants) / 1_000:0000}" }).ResponseAsync),
        })
        {
            await ClosedLoop.LatenciesAsync(call, TimeSpan.FromSeconds(1), callers: 1);
            var latencies = await ClosedLoop.LatenciesAsync(call, run.Pick(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(2)), callers: 1);
            Console.WriteLine($"  {figure}: {latencies}");
            run.Record($"{figure}-p50-ms", latencies.P50);
            run.Record($"{figure}-p99-ms", latencies.P99);
        }

        watch.Restart();
        var exported = await Task.WhenAll(Enumerable.Range(0, Exporters).Select(n => ExportAsync(client, n)));
        run.Record("exported-per-second", exported.Sum() / watch.Elapsed.TotalSeconds);
        run.Record("exported", exported.Sum());
    }

    private static (string MerchantId, Connection Connection) Merchant(int n)
    {
        var connection = SeededMerchants.Connected($"{1_000_000_000_000_000 + n}");
        connection.StateSince.Seconds += n;
        if (n % LostEvery == 0)
        {
            (connection.State, connection.Cause) = (Connection.Types.State.Revoked, Cause.PermissionRevoked);
        }

        return ($"merchant-{n:0000000}", connection);
    }

    // Page after page, and again from the beginning.
    private static Func<Task> ListLost(ConnectionStateClient client, int pageSize)
    {
        var request = new ListConnectionsRequest { PageSize = pageSize };
        return async () => request.PageToken = (await client.Fleet.ListConnectionsAsync(request)).NextPageToken;
    }

    private static async Task<double> ExportAsync(ConnectionStateClient client, int exporter)
    {
        var request = new ExportMerchantsRequest { PageSize = 500, Partitions = { Enumerable.Range(0, Partitions).Where(n => n % Exporters == exporter) } };
        var count = 0;
        do
        {
            var page = await client.Fleet.ExportMerchantsAsync(request);
            count += page.Merchants.Count;
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return count;
    }
}
