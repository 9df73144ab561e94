namespace ConnectionStateService.Client;

/// <summary>Full-jitter back-off: an even draw from nothing to a bound that doubles, so that callers do not come back together.</summary>
internal static class Backoff
{
    /// <summary>The wait before a retry.</summary>
    /// <param name="retry">Which retry it is, from 1.</param>
    /// <param name="initial">The bound of the first.</param>
    /// <param name="longest">What the bound grows to.</param>
    public static TimeSpan Draw(int retry, TimeSpan initial, TimeSpan longest)
    {
        var bound = Math.Min(longest.TotalMilliseconds, initial.TotalMilliseconds * Math.Pow(2, retry - 1));
        return TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * bound);
    }
}
