namespace ConnectionStateService.Tests.Support;

/// <summary>
/// The time provider of a replica whose timestamps follow a clock of the test, and whose wall clock is wrong by an hour: code that uses it
/// must take the time from the server.
/// </summary>
internal sealed class ManualStopwatch(ManualClock clock) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => clock.GetUtcNow().UtcTicks;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + TimeSpan.FromHours(1);
}
