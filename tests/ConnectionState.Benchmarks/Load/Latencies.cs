using System.Diagnostics;

namespace ConnectionStateService.Benchmarks.Load;

/// <summary>A distribution of latencies, in milliseconds.</summary>
internal sealed class Latencies
{
    private readonly double[] sorted;

    private Latencies(IEnumerable<double> milliseconds) => sorted = [.. milliseconds.Order()];

    public double P50 => sorted[sorted.Length / 2];

    public double P99 => sorted[sorted.Length * 99 / 100];

    public double Max => sorted[^1];

    /// <summary>The latencies between pairs of <see cref="Stopwatch"/> timestamps. Pairs with a timestamp of 0 are skipped.</summary>
    public static Latencies Between(IEnumerable<(long From, long To)> timestamps) => new(
        timestamps.Where(t => t is { From: > 0, To: > 0 }).Select(t => (t.To - t.From) * 1_000.0 / Stopwatch.Frequency));

    public override string ToString() => $"p50 {P50:F2} ms, p99 {P99:F2} ms, max {Max:F2} ms, n = {sorted.Length}";
}
