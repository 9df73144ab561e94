using ConnectionState.Benchmarks;

// Usage: dotnet run -c Release --project tests/ConnectionState.Benchmarks -- start | calls | expiry | watch | slow | fleet | idle | redis-client
return args switch
{
    ["start"] => await StartBenchmark.RunAsync(),
    ["calls"] => await CallsBenchmark.RunAsync(),
    ["expiry"] => await ExpiryBenchmark.RunAsync(),
    ["watch"] => await WatchBenchmark.RunAsync(),
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
        usage: start   start to first answer
               calls   calls per second, as ratios to a bare gRPC echo
               expiry  how late a token is expired
               watch   commit to delivery, as ratios to a unary round trip
               slow    50 streams that nobody reads beside 50 that are read
               fleet   2,000 watches before, during and after a restart
               idle    memory of 10,000 idle watches
               redis-client  small scripts by the Redis client, of a redis-server that it starts
        """);
    return 2;
}
