using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Timers;

/// <summary>The timer for expiries, expiry warnings and session timeouts. Configuration section <c>Timer</c>.</summary>
public sealed class TimerOptions
{
    /// <summary>
    /// How long the timer waits after a failure of the store, and how often it looks for claims that are left unsettled. Due merchants are
    /// processed at their deadline.
    /// </summary>
    /// <value>50 milliseconds to 1 minute. The default is 500 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The maximum number of due merchants to read from the store at once.</summary>
    /// <value>1 to 10,000. The default is 512.</value>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 512;

    /// <summary>The maximum number of due merchants, and the maximum number of claims, to process concurrently.</summary>
    /// <value>1 to 1,000. The default is 64.</value>
    [Range(1, 1_000)]
    public int Parallelism { get; set; } = 64;

    /// <summary>
    /// How long to wait before a merchant that failed is processed again. After an outage of the store, it is one interval. A claim that
    /// failed waits one interval at first, then twice as long each time, up to this value.
    /// </summary>
    /// <value>1 second to 1 day. The default is 1 minute.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The minimum age of a claim that the timer settles. The request that made the claim settles it first.</summary>
    /// <value>0 to 1 minute. The default is 2 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan ClaimAge { get; set; } = TimeSpan.FromSeconds(2);
}
