using System.Diagnostics;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures the time from the start of the built server process to the first answer to a gRPC call.</summary>
internal static class Startup
{
    public static async Task RunAsync(SectionRun run)
    {
        var times = new List<double>();
        for (var n = run.Pick(10, whenQuick: 3); n > 0; n--)
        {
            var watch = Stopwatch.StartNew();
            using var server = await run.StartServiceAsync();
            using var client = server.CreateClient();
            await client.Pages.GetPageListAsync(new() { MerchantId = "m" });
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        run.Record("median-ms", Rounds.Median(times));
        run.Record("worst-ms", times.Max());
    }
}
