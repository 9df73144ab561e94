using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using ConnectionStateService.Core;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace ConnectionStateService.Tests.Telemetry;

/// <summary>What is measured for every call and commit makes no garbage, with the SDK listening.</summary>
public sealed class InstrumentsAllocationTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(3);

    private static readonly ImmutableArray<Change> Changes =
        [new Change.Transition(StoreSamples.Page, Trigger.Renew, State.Connected, State.Connected, Cause.None, null, null, 1)];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Measuring_allocates_nothing(bool isExported)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var instruments = new Instruments(services.GetRequiredService<IMeterFactory>());
        using var provider = isExported
            ? Sdk.CreateMeterProviderBuilder().AddMeter(Instruments.MeterName).AddReader(new BaseExportingMetricReader(new Nowhere())).Build()
            : null;
        Measure(instruments);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Measure(instruments);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Measure(Instruments instruments)
    {
        instruments.RecordCall("connectionstate.v1.SignalService/RenewGrant", "OK", Duration);
        instruments.RecordCommit("EMBEDDED", CommitOutcome.Stored, Duration);
        instruments.CountTransitions(Changes);
        instruments.RecordDelivery(Duration);
        instruments.RecordTimer(Duration);
    }

    private sealed class Nowhere : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
