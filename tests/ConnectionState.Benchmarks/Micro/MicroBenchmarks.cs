using System.Text.Json;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace ConnectionStateService.Benchmarks.Micro;

/// <summary>
/// Runs <see cref="MerchantBenchmarks"/> and compares the allocations with the committed ones. Times are printed only: they depend on the
/// machine.
/// </summary>
internal static class MicroBenchmarks
{
    // Allocations hardly vary from run to run; a tenth leaves room for a new version of a package.
    private const double LargestRatio = 1.1;
    private const string BaselineName = "docs/benchmarks/micro.json";
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    /// <summary>Runs the benchmarks.</summary>
    /// <param name="repository">The root of the repository.</param>
    /// <param name="option"><c>--check</c> compares with the committed allocations, <c>--write</c> replaces them, null prints only.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string repository, string? option)
    {
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .WithArtifactsPath(Path.Combine(repository, "artifacts", "micro"));
        var summary = BenchmarkRunner.Run<MerchantBenchmarks>(config);
        var allocated = new SortedDictionary<string, long>(summary.Reports.ToDictionary(
            report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name,
            report => report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)
                ?? throw new InvalidOperationException($"{report.BenchmarkCase.DisplayInfo} was not measured.")));
        var baseline = Path.Combine(repository, BaselineName);
        switch (option)
        {
            case "--write":
                File.WriteAllText(baseline, JsonSerializer.Serialize(allocated, Format) + "\n");
                return 0;
            case "--check":
                return Check(allocated, JsonSerializer.Deserialize<Dictionary<string, long>>(File.ReadAllText(baseline))!);
            default:
                return 0;
        }
    }

    private static int Check(SortedDictionary<string, long> allocated, Dictionary<string, long> baseline)
    {
        var failed = 0;
        foreach (var (name, bytes) in allocated)
        {
            var ratio = baseline.TryGetValue(name, out var before) ? (double)bytes / before : double.PositiveInfinity;
            failed += ratio > LargestRatio ? 1 : 0;
            Console.WriteLine($"{(ratio > LargestRatio ? "MORE" : "ok"),-5} {name}: {bytes:N0} B, {ratio:F2} of the committed {before:N0} B");
        }

        foreach (var name in baseline.Keys.Except(allocated.Keys))
        {
            failed++;
            Console.WriteLine($"GONE  {name} is in {BaselineName} but was not measured");
        }

        return failed == 0 ? 0 : 1;
    }
}
