using ConnectionState.Benchmarks;

// Usage: dotnet run -c Release --project tests/ConnectionState.Benchmarks -- start | calls
return args switch
{
    ["start"] => await StartBenchmark.RunAsync(),
    ["calls"] => await CallsBenchmark.RunAsync(),
    ["echo-server"] => await EchoServer.RunAsync(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: start (start to first answer) | calls (calls per second, as ratios to a bare gRPC echo)");
    return 2;
}
