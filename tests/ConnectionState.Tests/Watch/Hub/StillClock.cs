namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>A clock whose timestamps stand still until they are moved.</summary>
internal sealed class StillClock : TimeProvider
{
    private long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref ticks);

    public void Advance(TimeSpan by) => Interlocked.Add(ref ticks, by.Ticks);
}
