using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Limits;

/// <summary>How much one merchant, one caller and all together may ask of this process. Configuration section <c>Limits</c>.</summary>
public sealed class LimitOptions
{
    /// <summary>The calls per second that name one merchant. Opening a watch is a call too. Further calls fail with RATE_LIMIT_EXCEEDED.</summary>
    /// <value>0 (no limit) to 1,000,000 per second. The default is 2,000.</value>
    [Range(0, 1_000_000)]
    public int CallsPerMerchant { get; set; } = 2_000;

    /// <summary>
    /// The calls per second of one caller: one key, or one subject of tokens. Without authentication there are no callers to tell apart, and this has no
    /// effect. Further calls fail with RATE_LIMIT_EXCEEDED.
    /// </summary>
    /// <value>0 (no limit) to 1,000,000 per second. The default is 0: one backend may use the whole process.</value>
    [Range(0, 1_000_000)]
    public int CallsPerCaller { get; set; }

    /// <summary>
    /// For how many seconds' worth of calls a merchant or a caller may exceed its rate at once, after it has been quiet for as long.
    /// </summary>
    /// <value>1 to 60 times the calls per second. The default is 5.</value>
    [Range(1, 60)]
    public int Burst { get; set; } = 5;

    /// <summary>
    /// The calls in progress that name one merchant; watches do not count. Further calls fail with CONCURRENCY_LIMIT_EXCEEDED.
    /// </summary>
    /// <value>0 (no limit) to 1,000,000. The default is 2,000.</value>
    [Range(0, 1_000_000)]
    public int ConcurrentCallsPerMerchant { get; set; } = 2_000;

    /// <summary>
    /// The calls in progress of one caller; watches do not count. Without authentication it has no effect. Further calls fail with
    /// CONCURRENCY_LIMIT_EXCEEDED.
    /// </summary>
    /// <value>0 (no limit) to 1,000,000. The default is 4,000.</value>
    [Range(0, 1_000_000)]
    public int ConcurrentCallsPerCaller { get; set; } = 4_000;

    /// <summary>The calls in progress that change merchants, of all callers. Further ones fail with OVERLOADED.</summary>
    /// <value>0 (no limit) to 1,000,000. The default is 10,000.</value>
    [Range(0, 1_000_000)]
    public int ConcurrentChanges { get; set; } = 10_000;

    /// <summary>
    /// How long the store may take for commits. When all commits of a second took longer, further calls that change merchants fail with OVERLOADED as long as
    /// 100 are in progress; those show when it is over.
    /// </summary>
    /// <value>0 (no limit) to 1 minute. The default is 1 second.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan CommitLatency { get; set; } = TimeSpan.FromSeconds(1);
}
