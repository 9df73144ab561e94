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

    /// <summary>Converts a number that was read from the store; false if it is not a time in whole milliseconds.</summary>
    public static bool TryToTime(double milliseconds, out DateTimeOffset time)
    {
        var isTime = double.IsInteger(milliseconds)
            && milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
            && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
        time = isTime ? ToTime((long)milliseconds) : default;
        return isTime;
    }

    public static DateTimeOffset ToTime(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
