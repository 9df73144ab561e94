namespace ConnectionStateService.Store;

/// <summary>Times as the stores keep and tell them: whole milliseconds since 1970.</summary>
internal static class StoreTime
{
    /// <summary>The millisecond at which <paramref name="time"/> has surely come: rounded up, so that nothing is ever early.</summary>
    public static long NotBefore(DateTimeOffset time)
    {
        var floor = time.ToUnixTimeMilliseconds();
        return time.UtcTicks % TimeSpan.TicksPerMillisecond == 0 ? floor : floor + 1;
    }

    public static DateTimeOffset ToTime(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
