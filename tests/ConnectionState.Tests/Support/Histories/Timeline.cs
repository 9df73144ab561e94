namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>
/// When the revisions of one merchant can have come about, as far as its callers can tell: not before what led to them was asked for, and
/// not after somebody was told of them.
/// </summary>
internal sealed class Timeline
{
    // By revision: from when on it may have been there, and when somebody who was told of it, or of a later one, knew that it was.
    private readonly long[] possible;
    private readonly long[] certain;

    public Timeline(Asked asked, IEnumerable<Read> reads)
    {
        var entries = asked.History.Entries;
        possible = new long[entries.Count + 1];
        certain = new long[entries.Count + 1];
        possible[0] = certain[0] = long.MinValue;
        for (var r = 1; r <= entries.Count; r++)
        {
            possible[r] = Math.Max(possible[r - 1], asked.OperationOf(entries[r - 1])?.Invoked ?? long.MinValue);
            certain[r] = long.MaxValue;
        }

        foreach (var (revision, returned) in Told(asked).Concat(reads.Select(r => (r.List.Revision, r.Returned))))
        {
            // Who tells of what was not yet asked for is wrong, and no witness.
            if (revision > 0 && revision <= Highest(returned))
            {
                certain[revision] = Math.Min(certain[revision], returned);
            }
        }

        for (var r = entries.Count - 1; r > 0; r--)
        {
            certain[r] = Math.Min(certain[r], certain[r + 1]);
        }
    }

    /// <summary>The revision that was surely reached by then.</summary>
    public long Lowest(long at) => Last(certain, time => time < at);

    /// <summary>The revision that cannot have been passed by then.</summary>
    public long Highest(long at) => Last(possible, time => time <= at);

    private static IEnumerable<(long Revision, long Returned)> Told(Asked asked) =>
        from operation in asked.Operations
        let reply = (operation.Outcome as Outcome.Answered)?.Reply
        where reply is not null
        // Of one that was sent twice, the first may still come about after the second was answered.
        let revision = operation.Attempts == 1 ? asked.RevisionOf(operation) ?? 0 : 0
        select (Math.Max(revision, ApiCalls.RevisionIn(reply)), operation.Returned);

    // Both arrays rise; the beginning is always there.
    private static long Last(long[] times, Func<long, bool> isThere)
    {
        var (low, high) = (0, times.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = isThere(times[middle]) ? (middle, high) : (low, middle - 1);
        }

        return low;
    }
}
