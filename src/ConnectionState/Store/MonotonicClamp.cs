namespace ConnectionStateService.Store;

/// <summary>
/// Takes the small steps back out of a clock: while it is set back by less than a minute, as time servers do, time stands still. A
/// larger step is a correction, and is followed.
/// </summary>
internal sealed class MonotonicClamp
{
    private static readonly long Longest = (long)TimeSpan.FromMinutes(1).TotalMilliseconds;
    private long last;

    /// <summary>The time in milliseconds since 1970, given what the clock says.</summary>
    public long Follow(long now)
    {
        while (true)
        {
            var before = Interlocked.Read(ref last);
            if (now < before && before - now < Longest)
            {
                return before;
            }

            if (Interlocked.CompareExchange(ref last, now, before) == before)
            {
                return now;
            }
        }
    }
}
