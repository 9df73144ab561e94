namespace ConnectionStateService.Tests.Support;

/// <summary>A stopwatch that moves with a clock that the test moves; what it takes for the time of day is an hour ahead of it.</summary>
internal sealed class ManualStopwatch(ManualClock clock) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => clock.GetUtcNow().UtcTicks;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + TimeSpan.FromHours(1);
}
