namespace ConnectionStateService.Store;

/// <summary>Converts times to the stores' resolution: whole milliseconds since 1970.</summary>
internal static class StoreTime
{
    /// <summary>Rounds up to whole milliseconds, so that a deadline is never early.</summary>
    public static long RoundUp(DateTimeOffset time)
    {
        var floor = time.ToUnixTimeMilliseconds();
        return time.UtcTicks % TimeSpan.TicksPerMillisecond == 0 ? floor : floor + 1;
    }

    public static DateTimeOffset ToTime(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
