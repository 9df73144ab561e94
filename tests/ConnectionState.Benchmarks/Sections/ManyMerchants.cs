using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>
/// Measures latencies of reads and commits of random merchants, with few merchants and with many, in the same run. Each store has two
/// servers; the merchants are imported.
/// </summary>
internal static class ManyMerchants
{
    private const int Few = 1_000;
    private const int Callers = 4;
    private const int RoundsCount = 3;
    private const double MiB = 1024 * 1024;

    public static async Task RunEmbeddedAsync(SectionRun run)
    {
        using var few = await run.StartServiceAsync();
        using var many = await run.StartServiceAsync();
        await MeasureAsync(run, few, many, () => Task.CompletedTask);
    }

    public static async Task RunOnRedisAsync(SectionRun run)
    {
        using var redisOfFew = await RedisServer.StartAsync(appendOnly: true);
        using var redisOfMany = await RedisServer.StartAsync(appendOnly: true);
        using var few = await run.StartServiceAsync(redisOfFew.StoreOptions);
        using var many = await run.StartServiceAsync(redisOfMany.StoreOptions);
        await MeasureAsync(run, few, many, redisOfMany.UntilRewrittenAsync);
    }

    private static async Task MeasureAsync(SectionRun run, ServerUnderTest fewServer, ServerUnderTest manyServer, Func<Task> settle)
    {
        var many = run.Merchants(full: 1_000_000, whenQuick: 20_000);
        using var fewClient = fewServer.CreateClient();
        using var manyClient = manyServer.CreateClient();
        await LoadAsync(fewClient, Few);
        await LoadAsync(manyClient, many);
        await settle();
        run.Record("scale", many);
        run.Record("server-memory-mib", manyServer.Memory / MiB);

        var length = run.Pick(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(2));
        var measured = new Dictionary<string, List<Latencies>>();
        for (var round = 0; round <= RoundsCount; round++)
        {
            foreach (var (what, client, count, call) in new[]
            {
                ("read-few", fewClient, Few, (Call)ReadAsync), ("read-many", manyClient, many, ReadAsync),
                ("commit-few", fewClient, Few, CommitAsync), ("commit-many", manyClient, many, CommitAsync),
            })
            {
                var latencies = await ClosedLoop.LatenciesAsync(() => call(client, Random.Shared.Next(count)), length, Callers);
                measured.TryAdd(what, []);
                measured[what].Add(latencies);
                Console.WriteLine($"  {(round == 0 ? "warm-up" : $"round {round}")} of {what}: {latencies}");
            }
        }

        foreach (var (what, rounds) in measured)
        {
            run.Record($"{what}-p50-ms", Rounds.Median(rounds.Skip(1).Select(latencies => latencies.P50)));
            run.Record($"{what}-p99-ms", Rounds.Median(rounds.Skip(1).Select(latencies => latencies.P99)));
        }
    }

    private static Task LoadAsync(ConnectionStateClient client, int merchants) =>
        SeededMerchants.ImportAsync(client, merchants, n => (MerchantOf(n), SeededMerchants.Connected(PageOf(n))));

    private static async Task ReadAsync(ConnectionStateClient client, int merchant) =>
        await client.Pages.GetPageListAsync(new() { MerchantId = MerchantOf(merchant) });

    private static Task CommitAsync(ConnectionStateClient client, int merchant) =>
        SeededMerchants.RenewAsync(client, MerchantOf(merchant), PageOf(merchant));

    private static string MerchantOf(int n) => $"merchant-{n:0000000}";

    private static string PageOf(int n) => $"{1_000_000_000_000_000 + n}";

    private delegate Task Call(ConnectionStateClient client, int merchant);
}
