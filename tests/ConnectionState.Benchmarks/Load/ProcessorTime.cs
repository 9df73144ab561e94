using System.Diagnostics;

namespace ConnectionStateService.Benchmarks.Load;

/// <summary>Measures the processor time per call: it varies less from second to second than the rate does.</summary>
internal static class ProcessorTime
{
    /// <summary>Records <c>FIGURE-PROCESS-us</c>, the microseconds per call, for each kind of call and each of its processes.</summary>
    public static async Task MeasureAsync(SectionRun run, IReadOnlyList<(Work Work, IReadOnlyList<(string Name, int Id)> Processes)> kinds)
    {
        var times = new SortedDictionary<string, List<double>>(StringComparer.Ordinal);
        for (var round = 0; round < run.Pick(5, 2); round++)
        {
            foreach (var ((figure, call), processes) in kinds.Shuffle())
            {
                var before = processes.Select(process => Of(process.Id)).ToList();
                var length = TimeSpan.FromSeconds(2);
                var calls = await ClosedLoop.RateAsync(call, length) * length.TotalSeconds;
                foreach (var ((name, id), at) in processes.Zip(before))
                {
                    times.TryAdd($"{figure}-{name}-us", []);
                    times[$"{figure}-{name}-us"].Add((Of(id) - at).TotalMicroseconds / calls);
                }
            }
        }

        foreach (var (figure, measured) in times)
        {
            run.Record(figure, Rounds.Median(measured));
        }
    }

    private static TimeSpan Of(int process)
    {
        using var running = Process.GetProcessById(process);
        return running.TotalProcessorTime;
    }
}
