namespace ConnectionStateService.Watch;

/// <summary>A reason to refuse a watch: a value, not an exception. Closed: the nested records are all there are.</summary>
internal abstract record WatchFault
{
    private WatchFault()
    {
    }

    /// <summary>The resume token cannot be used.</summary>
    public sealed record ResumeTokenInvalid(ResumeTokenProblem Problem) : WatchFault;

    /// <summary>Too many streams are open, or merchants on one stream.</summary>
    /// <param name="Scope">What the limit counts.</param>
    /// <param name="Limit">The maximum number.</param>
    /// <param name="RetryAfter">How long the caller should wait before it tries again.</param>
    public sealed record LimitExceeded(WatchLimitScope Scope, int Limit, TimeSpan RetryAfter) : WatchFault;
}

/// <summary>What a limit counts together.</summary>
internal enum WatchLimitScope
{
    /// <summary>The streams of one merchant in this process.</summary>
    Merchant,

    /// <summary>The streams of one caller in this process.</summary>
    Caller,

    /// <summary>All streams of this process.</summary>
    Process,

    /// <summary>The merchants of one stream.</summary>
    Stream,
}
