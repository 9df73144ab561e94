namespace ConnectionStateService.Tests.Support;

/// <summary>A clock that stands still until it is moved. Timers run by the real one.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock gate = new();
    private DateTimeOffset now = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    /// <summary>Told of every move, before anybody can see it.</summary>
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
