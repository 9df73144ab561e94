using System.Diagnostics;

namespace ConnectionStateService.Benchmarks;

/// <summary>How long things took, in milliseconds.</summary>
internal sealed class Latencies
{
    private readonly double[] sorted;

    private Latencies(IEnumerable<double> milliseconds) => sorted = [.. milliseconds.Order()];

    public double P50 => sorted[sorted.Length / 2];

    public double P99 => sorted[sorted.Length * 99 / 100];

    public double Most => sorted[^1];

    /// <summary>From the one to the other, where both happened.</summary>
    public static Latencies Between(IEnumerable<(long From, long To)> timestamps) => new(
        timestamps.Where(t => t is { From: > 0, To: > 0 }).Select(t => (t.To - t.From) * 1_000.0 / Stopwatch.Frequency));

    public override string ToString() => $"p50 {P50:F2} ms, p99 {P99:F2} ms, most {Most:F2} ms, of {sorted.Length}";
}
