using System.Diagnostics.Metrics;

namespace ConnectionStateService.Tests.Support;

/// <summary>What a counter of one service has counted since this was made; other services in the process are not listened to.</summary>
internal sealed class CounterReading : IDisposable
{
    private readonly MeterListener listener = new();
    private long total;

    public CounterReading(IMeterFactory meters, string name)
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == name && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, measurement, _, _) => Interlocked.Add(ref total, measurement));
        listener.Start();
    }

    public long Total => Interlocked.Read(ref total);

    public void Dispose() => listener.Dispose();
}
