using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ConnectionStateService.Benchmarks.Results;

namespace ConnectionStateService.Benchmarks;

/// <summary>Runs sections and merges what they measured into a file of results.</summary>
internal static class BenchmarkRun
{
    public static async Task RunAsync(RunOptions options)
    {
        var commit = FileVersionInfo.GetVersionInfo(options.ServerPath).ProductVersion?.Split('+').ElementAtOrDefault(1) ?? "unknown";
#if DEBUG
        Console.WriteLine("Debug build: use -c Release for figures that count.");
#endif
        foreach (var section in options.Sections)
        {
            Console.WriteLine($"{section.Name}: {section.Description}");
            var run = new SectionRun(options.ServerPath, options.Quick, options.Merchants, options.OtherServerPath);
            var watch = Stopwatch.StartNew();
            await section.RunAsync(run);
            Console.WriteLine($"  took {watch.Elapsed.TotalSeconds:F0} s");

            // After each section, so that what was measured is kept if a later one fails.
            var today = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            var results = BenchmarkResults.Read(options.OutputPath) with { Machine = Machine() };
            results.Sections[section.Name] = new(today, commit, options.Quick, run.Figures);
            await AddVersionsAsync(results.Versions);
            Directory.CreateDirectory(Path.GetDirectoryName(options.OutputPath)!);
            results.Write(options.OutputPath);
        }

        PrintGoals(BenchmarkResults.Read(options.OutputPath));
    }

    private static void PrintGoals(BenchmarkResults results)
    {
        Console.WriteLine();
        foreach (var goal in Goals.All)
        {
            Console.WriteLine($"{goal.Verdict(results),-14} {goal.Text(results),14} {goal.BoundText,10}  {goal.What}");
        }
    }

    private static string Machine() =>
        $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    private static async Task AddVersionsAsync(SortedDictionary<string, string> versions)
    {
        versions["redis"] = await FirstLineAsync("redis-server", "--version");
        versions["etcd"] = await FirstLineAsync("etcd", "--version");
        versions["postgresql"] = await FirstLineAsync("psql", "--version");
    }

    private static async Task<string> FirstLineAsync(string command, string argument) =>
        (await ChildProcess.RunAsync(command, argument)).Split('\n')[0];
}
