using ConnectionStateService.Benchmarks;

if (args is ["echo-server"])
{
    return await EchoServer.RunAsync();
}

Func<Task>? benchmark = args switch
{
    ["startup"] => StartupBenchmark.RunAsync,
    ["throughput"] => ThroughputBenchmark.RunEmbeddedAsync,
    ["throughput-redis"] => ThroughputBenchmark.RunOnRedisAsync,
    ["expiry"] => ExpiryBenchmark.RunAsync,
    ["delivery"] => DeliveryBenchmark.RunEmbeddedAsync,
    ["delivery-redis"] => DeliveryBenchmark.RunOnRedisAsync,
    ["slow-readers"] => SlowReaderBenchmark.RunAsync,
    ["restart"] => RestartBenchmark.RunAsync,
    ["idle-watches"] => IdleWatchBenchmark.RunAsync,
    ["redis-memory"] => () => RedisMemoryBenchmark.RunAsync(merchantCount: 100_000),
    ["redis-memory", var count] when int.TryParse(count, out var merchantCount) => () => RedisMemoryBenchmark.RunAsync(merchantCount),
    ["redis-client"] => RedisClientBenchmark.RunAsync,
    _ => null,
};

if (benchmark is null)
{
    Console.Error.WriteLine("""
        Usage: dotnet run -c Release --project tests/ConnectionState.Benchmarks -- NAME

          startup           process start to the first answer
          throughput        calls per second on the embedded store, as ratios of a bare gRPC echo
          throughput-redis  the same on Redis with appendfsync everysec
          expiry            delay from the end of a token to its expiry
          delivery          commit to delivery on a watch stream, as multiples of a unary round trip
          delivery-redis    the same from one process to another over Redis
          slow-readers      50 streams that are not read, beside 50 that are
          restart           2,000 watches over a restart of the server
          idle-watches      server memory of 10,000 idle watches
          redis-memory [N]  Redis memory of N merchants; the default is 100,000
          redis-client      small scripts through StackExchange.Redis

        Benchmarks on Redis need redis-server on the PATH and start their own instance.
        """);
    return 2;
}

Report.Machine();
await benchmark();
return 0;
