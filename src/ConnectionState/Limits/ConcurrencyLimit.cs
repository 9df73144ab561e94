namespace ConnectionStateService.Limits;

/// <summary>
/// Calls in progress, for each slot. Not the concurrency limiter of .NET: that one allocates a lease for each call and keeps a queue that is not needed here.
/// </summary>
/// <param name="limit">The maximum, or 0 for no limit.</param>
internal sealed class ConcurrencyLimit(int limit)
{
    private readonly int[] counts = new int[limit == 0 ? 0 : Slots.Count];

    /// <summary>The maximum, or 0 for no limit.</summary>
    public int Limit => limit;

    /// <summary>Counts a call. Call <see cref="Leave"/> when it has ended, if this is true.</summary>
    public bool TryEnter(int slot)
    {
        if (limit == 0 || Interlocked.Increment(ref counts[slot]) <= limit)
        {
            return true;
        }

        Leave(slot);
        return false;
    }

    /// <summary>Counts a call no longer.</summary>
    public void Leave(int slot)
    {
        if (limit > 0)
        {
            Interlocked.Decrement(ref counts[slot]);
        }
    }
}
