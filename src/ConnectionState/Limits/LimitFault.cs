namespace ConnectionStateService.Limits;

/// <summary>Why a call is refused that may be accepted later. Closed: the nested records are all there are.</summary>
/// <param name="RetryAfter">How long the caller should wait before it tries again.</param>
internal abstract record LimitFault(TimeSpan RetryAfter)
{
    /// <summary>Too many calls per second.</summary>
    /// <param name="Scope">What the limit counts.</param>
    /// <param name="Limit">The calls per second.</param>
    /// <param name="RetryAfter">How long the caller should wait before it tries again.</param>
    public sealed record RateLimitExceeded(LimitScope Scope, int Limit, TimeSpan RetryAfter) : LimitFault(RetryAfter);

    /// <summary>Too many calls in progress.</summary>
    /// <param name="Scope">What the limit counts.</param>
    /// <param name="Limit">The maximum number of calls in progress.</param>
    /// <param name="RetryAfter">How long the caller should wait before it tries again.</param>
    public sealed record ConcurrencyLimitExceeded(LimitScope Scope, int Limit, TimeSpan RetryAfter) : LimitFault(RetryAfter);

    /// <summary>The process cannot keep up with the changes that all callers ask for.</summary>
    /// <param name="RetryAfter">How long the caller should wait before it tries again.</param>
    public sealed record Overloaded(TimeSpan RetryAfter) : LimitFault(RetryAfter);
}

/// <summary>The calls that a limit counts together.</summary>
internal enum LimitScope
{
    /// <summary>The calls that name one merchant.</summary>
    Merchant,

    /// <summary>The calls of one caller.</summary>
    Caller,
}
