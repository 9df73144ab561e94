using System.Globalization;
using StackExchange.Redis;

namespace ConnectionStateService.Benchmarks;

/// <summary>Measures the Redis memory of merchants with three pages each, with and without their history.</summary>
internal static class RedisMemoryBenchmark
{
    private const int Parallelism = 64;

    private const string HistoryKeys = "cs:{*}:changes:*";
    private static readonly string[] keyPatterns = ["cs:{*}:merchant:*", HistoryKeys, "cs:{*}:due", "cs:pages:*"];

    public static async Task RunAsync(int merchantCount)
    {
        using var redisServer = new RedisServer();
        using var server = ServerUnderTest.StartService(redisServer.StoreOptions);
        using var client = server.CreateClient();
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{redisServer.Port},allowAdmin=true");
        var before = await UsedMemoryAsync(redis);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, merchantCount),
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism },
            async (n, _) => await PacedCommits.ConnectThreePagesAsync(
                client, $"merchant-{n:000000}", page => $"{1_000_000_000_000_000 + (3 * n) + page}"));

        var withHistory = await UsedMemoryAsync(redis) - before;
        var database = redis.GetDatabase();
        foreach (var pattern in keyPatterns)
        {
            Report.Detail($"{pattern}: {await MemoryOfKeysAsync(redis, database, pattern) / merchantCount:F0} bytes per merchant");
        }

        var commits = await database.StreamLengthAsync(await FirstKeyAsync(redis, HistoryKeys));
        await DeleteKeysAsync(redis, database, HistoryKeys);

        // Reload, so that the hash tables have the size that the remaining keys need.
        await database.ExecuteAsync("DEBUG", "RELOAD");
        var withoutHistory = await UsedMemoryAsync(redis) - before;
        Report.Row("Redis memory of a merchant with three pages, without its history", $"{withoutHistory / merchantCount:F0} bytes");
        Report.Row(
            $"Redis memory of a commit in the history, {commits} commits per merchant",
            $"{(withHistory - withoutHistory) / merchantCount / commits:F0} bytes");
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

    private static async Task<double> MemoryOfKeysAsync(ConnectionMultiplexer redis, IDatabase database, string pattern)
    {
        var sum = 0.0;
        var pending = new List<Task<RedisResult>>();
        await foreach (var key in redis.GetServers()[0].KeysAsync(pattern: pattern, pageSize: 1_000))
        {
            // SAMPLES 0: count every element instead of extrapolating from a sample.
            pending.Add(database.ExecuteAsync("MEMORY", "USAGE", key, "SAMPLES", "0"));
            if (pending.Count == 1_000)
            {
                sum += (await Task.WhenAll(pending)).Sum(size => (double)size);
                pending.Clear();
            }
        }

        return sum + (await Task.WhenAll(pending)).Sum(size => (double)size);
    }
}
