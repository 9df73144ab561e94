using System.Globalization;
using StackExchange.Redis;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures the Redis memory of merchants with three pages each, with and without their history.</summary>
internal static class RedisMemory
{
    private const int Parallelism = 64;

    private const string HistoryKeys = "cs:{*}:changes:*";

    // Its size does not depend on the number of merchants: a number of commits is kept for each partition.
    private const string FeedKeys = "cs:{*}:feed";

    public static async Task RunAsync(SectionRun run)
    {
        var merchantCount = run.Merchants(full: 20_000, whenQuick: 2_000);
        using var redisServer = await RedisServer.StartAsync();
        using var server = await run.StartServiceAsync(redisServer.StoreOptions);
        using var client = server.CreateClient();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(redisServer.Configuration);
        var before = await UsedMemoryAsync(redis);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, merchantCount),
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism },
            async (n, _) => await SeededMerchants.ConnectThreePagesAsync(
                client, $"merchant-{n:000000}", page => $"{1_000_000_000_000_000 + (3 * n) + page}"));

        var withHistory = await UsedMemoryAsync(redis) - before;
        var database = redis.GetDatabase();
        var commits = await database.StreamLengthAsync(await FirstKeyAsync(redis, HistoryKeys));
        await DeleteKeysAsync(redis, database, HistoryKeys);
        var withoutHistory = await ReloadAsync(redis, database) - before;
        await DeleteKeysAsync(redis, database, FeedKeys);
        var withoutFeed = await ReloadAsync(redis, database) - before;
        run.Record("scale", merchantCount);
        run.Record("bytes-per-merchant", withoutFeed / merchantCount);
        run.Record("bytes-per-commit-in-history", (withHistory - withoutHistory) / merchantCount / commits);
    }

    // So that the hash tables have the size that the remaining keys need.
    private static async Task<double> ReloadAsync(ConnectionMultiplexer redis, IDatabase database)
    {
        await database.ExecuteAsync("DEBUG", "RELOAD");
        return await UsedMemoryAsync(redis);
    }

    private static async Task DeleteKeysAsync(ConnectionMultiplexer redis, IDatabase database, string pattern)
    {
        await foreach (var key in redis.GetServers()[0].KeysAsync(pattern: pattern, pageSize: 1_000))
        {
            await database.KeyDeleteAsync(key);
        }
    }

    private static async Task<double> UsedMemoryAsync(ConnectionMultiplexer redis) => double.Parse(
        (await redis.GetServers()[0].InfoAsync("memory")).SelectMany(section => section).Single(line => line.Key == "used_memory").Value,
        CultureInfo.InvariantCulture);

    private static async Task<RedisKey> FirstKeyAsync(ConnectionMultiplexer redis, string pattern)
    {
        await foreach (var key in redis.GetServers()[0].KeysAsync(pattern: pattern, pageSize: 1_000))
        {
            return key;
        }

        throw new InvalidOperationException($"No key matches {pattern}.");
    }
}
