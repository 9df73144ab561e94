using ConnectionStateService.Telemetry;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace ConnectionStateService.Tests.Support;

/// <summary>Reads measurements of the instrument <c>connectionstate.commits</c>.</summary>
internal static class CommitMeasurements
{
    /// <summary>Returns the number of commits that lost a race.</summary>
    public static long Conflicts(this MetricCollector<long> commits) => commits.GetMeasurementSnapshot()
        .Where(measurement => Equals(measurement.Tags[TagNames.Outcome], WireNames.Of(CommitOutcome.Conflict))).Sum(measurement => measurement.Value);
}
