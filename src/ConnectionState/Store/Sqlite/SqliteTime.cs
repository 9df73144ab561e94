namespace ConnectionState.Store.Sqlite;

/// <summary>Times as the embedded store keeps and tells them: whole milliseconds since 1970.</summary>
internal static class SqliteTime
{
    /// <summary>The millisecond at which <paramref name="time"/> has surely come: rounded up, so that nothing is ever early.</summary>
    public static long NotBefore(DateTimeOffset time)
    {
        var floor = time.ToUnixTimeMilliseconds();
        return time.UtcTicks % TimeSpan.TicksPerMillisecond == 0 ? floor : floor + 1;
    }

    public static DateTimeOffset ToTime(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
