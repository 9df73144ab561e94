namespace ConnectionStateService.Store.Redis;

/// <summary>Detects failures that continue. A failure long after the previous one starts a new period.</summary>
/// <param name="maxDuration">The duration of a period that is tolerated.</param>
internal sealed class FailureWindow(TimeSpan maxDuration)
{
    private long startedAt = -(long)TimeSpan.FromDays(1).TotalMilliseconds;

    /// <summary>Takes note of a failure.</summary>
    /// <returns>Whether failures have continued for too long; if so, a new period starts.</returns>
    public bool IsExceeded()
    {
        var now = Environment.TickCount64;
        startedAt = now - startedAt < 2 * maxDuration.TotalMilliseconds ? startedAt : now;
        var isExceeded = now - startedAt > maxDuration.TotalMilliseconds;
        startedAt = isExceeded ? now : startedAt;
        return isExceeded;
    }
}
