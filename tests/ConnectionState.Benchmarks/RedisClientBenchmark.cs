using System.Diagnostics;
using StackExchange.Redis;

namespace ConnectionStateService.Benchmarks;

/// <summary>Small scripts by the Redis client: many in flight on one connection, and one at a time.</summary>
internal static class RedisClientBenchmark
{
    private const int InFlight = 256;
    private const int Rounds = 5;
    private const int OneAtATime = 20_000;
    private const string Script = "return redis.call('GET', KEYS[1])";
    private static readonly RedisKey[] keys = ["key"];
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync()
    {
        using var server = new RedisServer();
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{server.Port}");
        var database = redis.GetDatabase();
        await database.StringSetAsync(keys[0], "a value");

        for (var round = 0; round <= Rounds; round++)
        {
            var rate = await RateAsync(database);
            var single = await OneAtATimeAsync(database);
            Console.WriteLine($"{(round == 0 ? "warm-up" : $"round {round}")}  {InFlight} in flight {rate,9:F0} /s   one at a time {single}");
        }

        return 0;
    }

    private static async Task<double> RateAsync(IDatabase database)
    {
        var calls = 0L;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async _ =>
        {
            var done = 0L;
            while (watch.Elapsed < Round)
            {
                await database.ScriptEvaluateAsync(Script, keys);
                done++;
            }

            Interlocked.Add(ref calls, done);
        }));
        return calls / watch.Elapsed.TotalSeconds;
    }

    private static async Task<string> OneAtATimeAsync(IDatabase database)
    {
        var times = new double[OneAtATime];
        for (var i = 0; i < times.Length; i++)
        {
            var from = Stopwatch.GetTimestamp();
            await database.ScriptEvaluateAsync(Script, keys);
            times[i] = Stopwatch.GetElapsedTime(from).TotalMicroseconds;
        }

        Array.Sort(times);
        return $"mean {times.Average():F0} µs, p50 {times[times.Length / 2]:F0} µs, p99 {times[times.Length * 99 / 100]:F0} µs";
    }
}
