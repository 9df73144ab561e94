namespace ConnectionStateService.Client;

/// <summary>Full-jitter back-off: a random delay up to a bound that doubles, so that clients do not reconnect at the same time.</summary>
internal static class Backoff
{
    /// <summary>The delay before an attempt.</summary>
    /// <param name="attempt">The number of the attempt, from 1.</param>
    /// <param name="initial">The bound of the first delay.</param>
    /// <param name="max">The upper limit of the bound.</param>
    public static TimeSpan NextDelay(int attempt, TimeSpan initial, TimeSpan max)
    {
        var bound = Math.Min(max.TotalMilliseconds, initial.TotalMilliseconds * Math.Pow(2, attempt - 1));
        return TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * bound);
    }
}
