namespace ConnectionStateService.Tests.Support;

/// <summary>
/// A wall clock that the test sets. Unlike FakeTimeProvider, it leaves timers on real time, so that background services run while the test
/// sets the time; it can go back, and it reports a change before anybody can read it.
/// </summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock gate = new();
    private DateTimeOffset now = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    /// <summary>Called with the new time before anybody can read it.</summary>
    public Action<DateTimeOffset> Moving { get; set; } = _ => { };

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return now;
        }
    }

    public void Advance(TimeSpan by)
    {
        lock (gate)
        {
            Moving(now + by);
            now += by;
        }
    }
}
