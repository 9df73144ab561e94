using ConnectionStateService.Benchmarks;

// Usage: dotnet run -c Release --project tests/ConnectionState.Benchmarks -- (what; see below)
return args switch
{
    ["start"] => await StartBenchmark.RunAsync(),
    ["calls"] => await CallsBenchmark.RunAsync(),
    ["calls", "redis"] => await CallsBenchmark.RunOnRedisAsync(),
    ["expiry"] => await ExpiryBenchmark.RunAsync(),
    ["watch"] => await WatchBenchmark.RunAsync(),
    ["watch", "redis"] => await WatchBenchmark.RunOnRedisAsync(),
    ["memory"] => await MemoryBenchmark.RunAsync(),
    ["slow"] => await SlowReadersBenchmark.RunAsync(),
    ["fleet"] => await FleetBenchmark.RunAsync(),
    ["idle"] => await IdleBenchmark.RunAsync(),
    ["redis-client"] => await RedisClientBenchmark.RunAsync(),
    ["echo-server"] => await EchoServer.RunAsync(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: start         start to first answer
               calls         calls per second, as ratios to a bare gRPC echo
               calls redis   the same with the merchants in Redis, appendfsync everysec
               expiry        how late a token is expired
               watch         commit to delivery, as ratios to a unary round trip
               watch redis   the same from one replica to another over Redis
               slow          50 streams that nobody reads beside 50 that are read
               fleet         2,000 watches before, during and after a restart
               idle          memory of 10,000 idle watches
               memory        memory of Redis with 100,000 merchants
               redis-client  small scripts by the Redis client

        What needs a redis-server starts it by itself.
        """);
    return 2;
}
