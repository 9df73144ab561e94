using System.Threading.RateLimiting;

namespace ConnectionStateService.Limits;

/// <summary>Calls per second, for each slot: a token bucket that exists while the slot is in use.</summary>
/// <remarks>
/// Not the partitioned limiter of .NET: that one allocates for each call, takes one lock for all partitions, and walks all of them ten times a second.
/// </remarks>
internal sealed class RateLimit
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly TokenBucketRateLimiter?[] buckets;
    private readonly TokenBucketRateLimiterOptions options;
    private readonly TimeSpan idleTime;
    private long nextSweep;

    /// <param name="perSecond">The calls per second, or 0 for no limit.</param>
    /// <param name="burst">How many seconds' worth of calls are accepted at once.</param>
    /// <param name="idleTime">How long a bucket is kept after it is full again; 10 seconds by default.</param>
    public RateLimit(int perSecond, int burst, TimeSpan? idleTime = null)
    {
        this.idleTime = idleTime ?? TimeSpan.FromSeconds(10);
        buckets = new TokenBucketRateLimiter?[perSecond == 0 ? 0 : Slots.Count];
        options = OptionsFor(perSecond, burst);
    }

    /// <summary>Returns the options of a bucket: about ten times a second, or each time one more call is due, it gets new tokens.</summary>
    public static TokenBucketRateLimiterOptions OptionsFor(int perSecond, int burst)
    {
        var perPeriod = Math.Max(1, perSecond / 10);
        return new TokenBucketRateLimiterOptions
        {
            TokenLimit = perSecond * burst,
            TokensPerPeriod = perPeriod,
            ReplenishmentPeriod = perSecond == 0 ? Period : TimeSpan.FromSeconds((double)perPeriod / perSecond),
            QueueLimit = 0,
            AutoReplenishment = false, // Otherwise each bucket has a timer.
        };
    }

    /// <summary>The slots that are in use.</summary>
    public int Buckets => buckets.Count(bucket => bucket is not null);

    /// <summary>Counts a call. Returns how long to wait if there are too many, otherwise null.</summary>
    public TimeSpan? Take(int slot)
    {
        if (buckets.Length == 0)
        {
            return null;
        }

        SweepIfDue();
        var bucket = Volatile.Read(ref buckets[slot]) ?? Add(slot);
        bucket.TryReplenish();
        using var lease = bucket.AttemptAcquire();
        return lease.IsAcquired ? null
            : lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? retryAfter
            : Period;
    }

    private TokenBucketRateLimiter Add(int slot)
    {
        var added = new TokenBucketRateLimiter(options);
        return Interlocked.CompareExchange(ref buckets[slot], added, null) ?? added;
    }

    // One that is full counts nothing: a new one is as good.
    private void SweepIfDue()
    {
        var now = Environment.TickCount64;
        var due = Volatile.Read(ref nextSweep);
        if (now < due || Interlocked.CompareExchange(ref nextSweep, now + (long)idleTime.TotalMilliseconds, due) != due)
        {
            return;
        }

        foreach (ref var bucket in buckets.AsSpan())
        {
            if (bucket is { } used && used.TryReplenish() && used.IdleDuration >= idleTime)
            {
                bucket = null;
            }
        }
    }
}
