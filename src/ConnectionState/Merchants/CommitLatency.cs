namespace ConnectionStateService.Merchants;

/// <summary>How fast the store answers commits: tells a queue, in which even the fastest commit waits, from a slow commit among fast ones.</summary>
internal sealed class CommitLatency
{
    private long fastest = long.MaxValue;
    private int pending;

    /// <summary>The commits that the store has not answered yet.</summary>
    public int Pending => Volatile.Read(ref pending);

    /// <summary>Begins to wait for the store's answer.</summary>
    public void Begin() => Interlocked.Increment(ref pending);

    /// <summary>The store has answered, or failed.</summary>
    public void End(TimeSpan duration)
    {
        Interlocked.Decrement(ref pending);
        for (var known = Volatile.Read(ref fastest); duration.Ticks < known;)
        {
            known = Interlocked.CompareExchange(ref fastest, duration.Ticks, known);
        }
    }

    /// <summary>Returns the duration of the fastest commit since the last call, or null if there was none.</summary>
    public TimeSpan? TakeFastest()
    {
        var ticks = Interlocked.Exchange(ref fastest, long.MaxValue);
        return ticks == long.MaxValue ? null : TimeSpan.FromTicks(ticks);
    }
}
