using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>
/// Makes the times of one clock monotonic by <see cref="MonotonicTimeRule"/>, in whole milliseconds. Thread-safe. The embedded store uses it
/// for the machine's clock, the Redis store for the server's clock.
/// </summary>
internal sealed class MonotonicClamp
{
    private long latest;

    /// <summary>The current time.</summary>
    /// <param name="now">What the clock says now.</param>
    public DateTimeOffset Advance(DateTimeOffset now)
    {
        while (true)
        {
            var before = Interlocked.Read(ref latest);
            var after = MonotonicTimeRule.Clamp(StoreTime.ToTime(before), now).ToUnixTimeMilliseconds();
            if (Interlocked.CompareExchange(ref latest, after, before) == before)
            {
                return StoreTime.ToTime(after);
            }
        }
    }
}
