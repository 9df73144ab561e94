using System.Diagnostics;

namespace ConnectionStateService.Benchmarks;

/// <summary>Measures the time from the start of the built server process to the first answer to a gRPC call.</summary>
internal static class StartupBenchmark
{
    private const int Runs = 10;

    public static async Task RunAsync()
    {
        var times = new List<double>();
        for (var run = 0; run < Runs; run++)
        {
            var watch = Stopwatch.StartNew();
            using var server = ServerUnderTest.StartService();
            using var client = server.CreateClient();
            await client.Pages.GetPageListAsync(new() { MerchantId = "m" });
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        times.Sort();
        Report.Row($"Process start to first answer, {Runs} runs: median; worst", $"{times[Runs / 2]:F0} ms; {times[^1]:F0} ms");
    }
}
