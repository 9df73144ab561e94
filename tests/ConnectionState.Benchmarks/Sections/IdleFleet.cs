using System.Diagnostics;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>
/// Measures the commands per second that idle processes send to Redis, with a readiness probe of each process every ten seconds, and what
/// a readiness probe adds. Commands that scripts call are counted apart.
/// </summary>
internal static class IdleFleet
{
    private const int Merchants = 50;
    private const int Probes = 400;
    private static readonly int[] FleetSizes = [1, 3, 10];
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(SectionRun run)
    {
        var (settle, period) = run.Pick((TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30)), (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)));
        foreach (var size in FleetSizes)
        {
            using var redisServer = await RedisServer.StartAsync(appendOnly: true);
            var fleet = new List<ServerUnderTest>();
            try
            {
                while (fleet.Count < size)
                {
                    fleet.Add(await run.StartServiceAsync(redisServer.StoreOptions));
                }

                using (var client = fleet[0].CreateClient())
                {
                    await Task.WhenAll(Enumerable.Range(0, Merchants).Select(n => SeededMerchants.ConnectThreePagesAsync(client, $"merchant-{n}")));
                }

                await Task.Delay(settle);
                using var monitor = await RedisMonitor.StartAsync(redisServer.Port);
                var watch = Stopwatch.StartNew();
                await ProbeAsync(fleet, period);
                var idle = monitor.Sent / watch.Elapsed.TotalSeconds;
                run.Record($"commands-per-second-{size}", idle);
                run.Record($"commands-in-scripts-per-second-{size}", monitor.CalledByScripts / watch.Elapsed.TotalSeconds);
                if (size == 1)
                {
                    run.Record("commands-per-probe", await CommandsPerProbeAsync(monitor, fleet[0], idle));
                }
            }
            finally
            {
                fleet.ForEach(server => server.Dispose());
            }
        }
    }

    // The readiness probes of all processes at the usual rate, evenly spread.
    private static async Task ProbeAsync(List<ServerUnderTest> fleet, TimeSpan period)
    {
        using var http = new HttpClient();
        var watch = Stopwatch.StartNew();
        for (var n = 0; watch.Elapsed < period; n++)
        {
            await http.GetStringAsync(new Uri(fleet[n % fleet.Count].HttpAddress, "/health/ready"));
            await Task.Delay(ProbeInterval / fleet.Count);
        }
    }

    private static async Task<double> CommandsPerProbeAsync(RedisMonitor monitor, ServerUnderTest server, double idlePerSecond)
    {
        using var http = new HttpClient();
        var (before, watch) = (monitor.Sent, Stopwatch.StartNew());
        for (var n = 0; n < Probes; n++)
        {
            await http.GetStringAsync(new Uri(server.HttpAddress, "/health/ready"));
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        return Math.Max(0, monitor.Sent - before - (idlePerSecond * watch.Elapsed.TotalSeconds)) / Probes;
    }
}
