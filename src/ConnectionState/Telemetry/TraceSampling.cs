using System.Diagnostics;

namespace ConnectionStateService.Telemetry;

/// <summary>
/// Decides which traces are recorded, before their first span here is started. The samplers of OpenTelemetry are asked by the span that is about
/// to start, and a span that is not recorded is created nevertheless: docs/benchmarks.md says what that cost.
/// </summary>
/// <param name="ratio">The share of the traces that begin in the service: 0 to 1.</param>
/// <param name="recordsTraceOf">Decides about the trace of a caller.</param>
internal sealed class TraceSampling(double ratio, Func<ActivityContext, bool> recordsTraceOf)
{
    /// <summary>Decides whether a trace that begins in the service is recorded.</summary>
    public bool RecordsNewTrace() => Random.Shared.NextDouble() < ratio;

    /// <summary>Decides whether the part of a caller's trace in the service is recorded.</summary>
    public bool RecordsTraceOf(ActivityContext caller) => recordsTraceOf(caller);
}
