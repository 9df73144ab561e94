namespace ConnectionStateService.Core;

/// <summary>The rule for a clock that steps back: hold the time over a small step, follow a large one.</summary>
/// <remarks>
/// Time servers correct clocks by small steps, and the clocks of synchronized machines differ by less than that. Without this rule,
/// something could seem to happen before what it follows. A larger step corrects a clock that was wrong; holding the time over it would
/// delay every deadline by as much.
/// </remarks>
public static class MonotonicTimeRule
{
    /// <summary>The smallest step back that is followed.</summary>
    /// <value>1 minute.</value>
    public static readonly TimeSpan MaxStepBack = TimeSpan.FromMinutes(1);

    /// <summary>The later of both times, or <paramref name="now"/> if it is <see cref="MaxStepBack"/> or more before <paramref name="latest"/>.</summary>
    /// <param name="latest">The latest time seen so far.</param>
    /// <param name="now">What the clock says now.</param>
    public static DateTimeOffset Clamp(DateTimeOffset latest, DateTimeOffset now) =>
        now < latest && latest - now < MaxStepBack ? latest : now;
}
