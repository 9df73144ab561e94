using System.Diagnostics;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks;

/// <summary>From the start of the process, already built, to the first answer to a gRPC call.</summary>
internal static class StartBenchmark
{
    private const int Runs = 10;

    public static async Task<int> RunAsync()
    {
        var times = new List<double>();
        for (var run = 0; run < Runs; run++)
        {
            var watch = Stopwatch.StartNew();
            using var server = ServerUnderTest.StartProduct();
            using var client = new ConnectionStateClient(new() { Address = server.Address });
            await client.Pages.GetPageListAsync(new() { MerchantId = "m" });
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine($"start to first answer, {Runs} runs: median {times[Runs / 2]:F0} ms, worst {times[^1]:F0} ms");
        return 0;
    }
}
