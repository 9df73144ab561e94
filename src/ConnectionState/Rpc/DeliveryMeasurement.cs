using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;

namespace ConnectionStateService.Rpc;

/// <summary>Measures how long commits take to be written on streams.</summary>
internal sealed class DeliveryMeasurement(IStoreClock storeClock, Instruments instruments)
{
    /// <summary>Records commits that were written on a stream that was open when they were made.</summary>
    public void Record(ImmutableArray<Commit> commits)
    {
        if (instruments.MeasuresDeliveries)
        {
            foreach (var commit in commits)
            {
                instruments.RecordDelivery(storeClock.EstimateAge(commit.At));
            }
        }
    }
}
