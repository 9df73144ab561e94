using System.Diagnostics;
using StackExchange.Redis;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures small scripts through StackExchange.Redis: 256 in flight on one connection, and one at a time.</summary>
internal static class RedisClient
{
    private const int InFlight = 256;
    private const int OneAtATime = 20_000;
    private const string Script = "return redis.call('GET', KEYS[1])";
    private static readonly RedisKey[] keys = ["key"];
    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(SectionRun run)
    {
        using var server = await RedisServer.StartAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{server.Port}");
        var database = redis.GetDatabase();
        await database.StringSetAsync(keys[0], "a value");

        var rates = new List<double>();
        var latencies = new List<Latencies>();
        for (var round = 0; round <= run.Pick(5, whenQuick: 1); round++)
        {
            var rate = await ScriptsPerSecondAsync(database);
            var latency = await LatenciesAsync(database);
            if (round > 0)
            {
                rates.Add(rate);
                latencies.Add(latency);
            }
        }

        run.Record("scripts-per-second", Rounds.Median(rates));
        run.Record("one-at-a-time-p50-ms", Rounds.Median(latencies.Select(latency => latency.P50)));
        run.Record("one-at-a-time-p99-ms", Rounds.Median(latencies.Select(latency => latency.P99)));
    }

    private static async Task<double> ScriptsPerSecondAsync(IDatabase database)
    {
        var calls = 0L;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async _ =>
        {
            var done = 0L;
            while (watch.Elapsed < RoundLength)
            {
                await database.ScriptEvaluateAsync(Script, keys);
                done++;
            }

            Interlocked.Add(ref calls, done);
        }));
        return calls / watch.Elapsed.TotalSeconds;
    }

    private static async Task<Latencies> LatenciesAsync(IDatabase database)
    {
        var times = new (long From, long To)[OneAtATime];
        for (var i = 0; i < times.Length; i++)
        {
            var from = Stopwatch.GetTimestamp();
            await database.ScriptEvaluateAsync(Script, keys);
            times[i] = (from, Stopwatch.GetTimestamp());
        }

        return Latencies.Between(times);
    }
}
