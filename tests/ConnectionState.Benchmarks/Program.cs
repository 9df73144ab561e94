using ConnectionStateService.Benchmarks;
using ConnectionStateService.Benchmarks.Micro;

if (args is [EchoServer.Argument, var pageList])
{
    await EchoServer.RunAsync(pageList);
    return 0;
}

if (args is ["micro"] or ["micro", "--check" or "--write"])
{
    return MicroBenchmarks.Run(RunOptions.Repository, args.ElementAtOrDefault(1));
}

if (RunOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(RunOptions.Usage);
    return 2;
}

await BenchmarkRun.RunAsync(options);
return 0;
