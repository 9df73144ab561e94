using ConnectionStateService.Merchants;

namespace ConnectionStateService.Limits;

/// <summary>
/// Refuses calls that change merchants while the store takes too long for all commits, so that the accepted calls stay fast. Once a second it looks at the
/// fastest commit since: a slow commit among fast ones is no queue, but when even the fastest was slow, all wait.
/// </summary>
/// <param name="maxCount">The maximum number of calls in progress, or 0 for no limit.</param>
/// <param name="maxLatency">How long commits may take, or 0 for no limit.</param>
/// <param name="commits">How fast the store answers.</param>
/// <param name="clock">The clock.</param>
internal sealed class OverloadGate(int maxCount, TimeSpan maxLatency, CommitLatency commits, TimeProvider clock)
{
    /// <summary>The calls that are accepted during an overload too: they show when it is over.</summary>
    public const int MinCount = 100;

    private readonly Lock gate = new();
    private int count;
    private long windowStart = clock.GetTimestamp();
    private bool beganIdle = true;
    private volatile bool isOverloaded;

    /// <summary>How often the gate looks at the commits.</summary>
    public static TimeSpan Window { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Begins a call. Call <see cref="Leave"/> when it has ended, if this is true.</summary>
    public bool TryEnter()
    {
        Update();
        var now = Interlocked.Increment(ref count);
        if ((maxCount == 0 || now <= maxCount) && (now <= MinCount || !isOverloaded))
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>Ends a call.</summary>
    public void Leave() => Interlocked.Decrement(ref count);

    private void Update()
    {
        var timestamp = clock.GetTimestamp();
        if (maxLatency == TimeSpan.Zero || clock.GetElapsedTime(Volatile.Read(ref windowStart), timestamp) < Window)
        {
            return;
        }

        lock (gate)
        {
            if (clock.GetElapsedTime(windowStart, timestamp) < Window)
            {
                return;
            }

            // A window without an answer counts if commits have waited since before it began.
            var pending = commits.Pending;
            isOverloaded = commits.TakeFastest() is { } fastest ? fastest > maxLatency : pending > 0 && !beganIdle;
            (windowStart, beganIdle) = (timestamp, pending == 0);
        }
    }
}
