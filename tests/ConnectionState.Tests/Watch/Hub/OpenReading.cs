using System.Diagnostics.Metrics;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>What one hub says how many streams are open.</summary>
internal sealed class OpenReading : IDisposable
{
    private readonly MeterListener listener = new();
    private int value;

    public OpenReading(IMeterFactory meters)
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "connectionstate.watch.open" && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((_, measurement, _, _) => value = measurement);
        listener.Start();
    }

    public int Value
    {
        get
        {
            value = -1;
            listener.RecordObservableInstruments();
            return value;
        }
    }

    public void Dispose() => listener.Dispose();
}
