namespace ConnectionStateService.Store.Redis;

/// <summary>Finds out whether trouble goes on. Trouble that came long after the last is new.</summary>
internal sealed class FailureWindow(TimeSpan longest)
{
    private long since = -(long)TimeSpan.FromDays(1).TotalMilliseconds;

    /// <summary>There is trouble now.</summary>
    /// <returns>Whether it has gone on for too long; then it begins anew.</returns>
    public bool IsOut()
    {
        var now = Environment.TickCount64;
        since = now - since < 2 * longest.TotalMilliseconds ? since : now;
        var isOut = now - since > longest.TotalMilliseconds;
        since = isOut ? now : since;
        return isOut;
    }
}
