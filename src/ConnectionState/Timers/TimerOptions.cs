using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Timers;

/// <summary>How the timer works. Configuration section <c>Timer</c>.</summary>
public sealed class TimerOptions
{
    /// <summary>How often the store is asked what is due.</summary>
    /// <value>50 milliseconds to 1 minute. The default is 500 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How many due merchants are asked for at once.</summary>
    /// <value>1 to 10,000. The default is 512.</value>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 512;

    /// <summary>How many due merchants are handled at the same time.</summary>
    /// <value>1 to 1,000. The default is 64.</value>
    [Range(1, 1_000)]
    public int Parallelism { get; set; } = 64;

    /// <summary>How long a merchant that could not be handled is left alone; after an outage of the store only for an interval.</summary>
    /// <value>1 second to 1 day. The default is 1 minute.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How old a claim is before the timer settles it: the request that made it tries first.</summary>
    /// <value>0 to 1 minute. The default is 2 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan ClaimAge { get; set; } = TimeSpan.FromSeconds(2);
}
