using System.Globalization;
using ConnectionStateService.Client;
using StackExchange.Redis;

namespace ConnectionStateService.Benchmarks;

/// <summary>What 100,000 merchants with three pages each take of the memory of Redis, and what their history does.</summary>
internal static class MemoryBenchmark
{
    private const int MerchantCount = 100_000;
    private const int Together = 64;

    private static readonly string[] Kinds = ["cs:{*}:merchant:*", "cs:{*}:changes:*", "cs:{*}:due", "cs:pages:*"];

    public static async Task<int> RunAsync()
    {
        using var server = new RedisServer();
        using var product = ServerUnderTest.StartProduct(server.Arguments);
        using var client = new ConnectionStateClient(new() { Address = product.Address });
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{server.Port},allowAdmin=true");
        var before = await UsedAsync(redis);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, MerchantCount),
            new ParallelOptions { MaxDegreeOfParallelism = Together },
            async (n, _) => await PacedCommits.PrepareAsync(client, $"merchant-{n:000000}", page => $"{1_000_000_000_000_000 + (3 * n) + page}"));

        var all = await UsedAsync(redis) - before;
        var database = redis.GetDatabase();
        var byKind = new Dictionary<string, double>();
        foreach (var kind in Kinds)
        {
            byKind[kind] = await SumAsync(redis, database, kind) / MerchantCount;
            Console.WriteLine($"{kind,-20} {byKind[kind],7:F0} bytes a merchant");
        }

        var commits = (double)await database.StreamLengthAsync(await FirstAsync(redis, Kinds[1]));
        await RemoveAsync(redis, database, Kinds[1]);

        // What is left is read in anew, so that its tables are as large as it needs them.
        await database.ExecuteAsync("DEBUG", "RELOAD");
        var rest = await UsedAsync(redis) - before;
        Console.WriteLine($"{"all, by used_memory",-20} {all / MerchantCount,7:F0} bytes a merchant");
        Console.WriteLine($"{"without history",-20} {rest / MerchantCount,7:F0} bytes a merchant");
        Console.WriteLine($"{"history",-20} {(all - rest) / MerchantCount / commits,7:F0} bytes a commit ({commits} commits a merchant)");
        return 0;
    }

    private static async Task RemoveAsync(ConnectionMultiplexer redis, IDatabase database, string kind)
    {
        await foreach (var key in redis.GetServers()[0].KeysAsync(pattern: kind, pageSize: 1_000))
        {
            await database.KeyDeleteAsync(key);
        }
    }

    private static async Task<double> UsedAsync(ConnectionMultiplexer redis) => double.Parse(
        (await redis.GetServers()[0].InfoAsync("memory")).SelectMany(section => section).Single(line => line.Key == "used_memory").Value,
        CultureInfo.InvariantCulture);

    private static async Task<RedisKey> FirstAsync(ConnectionMultiplexer redis, string kind)
    {
        await foreach (var key in redis.GetServers()[0].KeysAsync(pattern: kind, pageSize: 1_000))
        {
            return key;
        }

        throw new InvalidOperationException($"There is nothing called {kind}.");
    }

    // All of what is stored, not a sample of it.
    private static async Task<double> SumAsync(ConnectionMultiplexer redis, IDatabase database, string kind)
    {
        var sum = 0.0;
        var asked = new List<Task<RedisResult>>();
        await foreach (var key in redis.GetServers()[0].KeysAsync(pattern: kind, pageSize: 1_000))
        {
            asked.Add(database.ExecuteAsync("MEMORY", "USAGE", key, "SAMPLES", "0"));
            if (asked.Count == 1_000)
            {
                sum += (await Task.WhenAll(asked)).Sum(size => (double)size);
                asked.Clear();
            }
        }

        return sum + (await Task.WhenAll(asked)).Sum(size => (double)size);
    }
}
