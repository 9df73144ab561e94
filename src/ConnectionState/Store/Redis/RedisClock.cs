namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The time by Redis, without asking for it every time. After an answer it goes on by this machine's stopwatch, as if the server had
/// looked at its clock only when the answer arrived: so it is never ahead. What this machine takes for the time of day plays no part.
/// </summary>
internal sealed class RedisClock(TimeProvider stopwatch)
{
    // What a stopwatch and a clock may drift apart in this time is far below a millisecond.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly MonotonicClamp standstill = new();
    private long told;
    private long? arrived;

    /// <summary>Takes note of what a server has said just now.</summary>
    /// <param name="microseconds">Its time, in microseconds since 1970.</param>
    public void Hear(long microseconds)
    {
        lock (gate)
        {
            (told, arrived) = (microseconds, stopwatch.GetTimestamp());
            standstill.Follow(microseconds / 1_000);
        }
    }

    /// <summary>The time in whole milliseconds, unless the last answer is too old to say.</summary>
    public bool TryTell(out DateTimeOffset now)
    {
        lock (gate)
        {
            var age = arrived is { } at ? stopwatch.GetElapsedTime(at) : TimeSpan.MaxValue;
            now = age < Fresh
                ? StoreTime.ToTime(standstill.Follow((told + (long)age.TotalMicroseconds) / 1_000))
                : default;
            return age < Fresh;
        }
    }
}
