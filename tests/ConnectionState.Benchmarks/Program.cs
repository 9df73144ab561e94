using ConnectionState.Benchmarks;

// Usage: dotnet run -c Release --project tests/ConnectionState.Benchmarks -- start | calls | expiry
return args switch
{
    ["start"] => await StartBenchmark.RunAsync(),
    ["calls"] => await CallsBenchmark.RunAsync(),
    ["expiry"] => await ExpiryBenchmark.RunAsync(),
    ["echo-server"] => await EchoServer.RunAsync(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: start (start to first answer) | calls (calls per second, as ratios to a bare gRPC echo) | expiry (how late)");
    return 2;
}
