namespace ConnectionState.Store.Sqlite;

/// <summary>
/// The clock of the machine in whole milliseconds, without its small steps back: while it is set back by less than a minute, as time
/// servers do, time stands still. A larger step is a correction, and is followed.
/// </summary>
internal sealed class SteadyClock(TimeProvider clock)
{
    private static readonly long LongestStandstill = (long)TimeSpan.FromMinutes(1).TotalMilliseconds;
    private long last;

    public DateTimeOffset Now
    {
        get
        {
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            while (true)
            {
                var before = Interlocked.Read(ref last);
                if (now < before && before - now < LongestStandstill)
                {
                    return SqliteTime.ToTime(before);
                }

                if (Interlocked.CompareExchange(ref last, now, before) == before)
                {
                    return SqliteTime.ToTime(now);
                }
            }
        }
    }
}
