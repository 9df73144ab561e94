namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>
/// Bounds on when each revision of one merchant was committed, as far as its callers can tell: not before the request that caused it was
/// sent, and not after a caller was answered with it.
/// </summary>
internal sealed class Timeline
{
    // By revision: the earliest time at which it can have been committed, and the time at which it had been committed for sure.
    private readonly long[] earliest;
    private readonly long[] latest;

    public Timeline(RequestIndex requests, IEnumerable<Read> reads)
    {
        var entries = requests.History.Entries;
        earliest = new long[entries.Count + 1];
        latest = new long[entries.Count + 1];
        earliest[0] = latest[0] = long.MinValue;
        for (var r = 1; r <= entries.Count; r++)
        {
            earliest[r] = Math.Max(earliest[r - 1], requests.OperationOf(entries[r - 1])?.Invoked ?? long.MinValue);
            latest[r] = long.MaxValue;
        }

        foreach (var (revision, returned) in AnsweredRevisions(requests).Concat(reads.Select(r => (r.List.Revision, r.Returned))))
        {
            // An answer with a revision that nobody had requested yet is wrong, and proves nothing.
            if (revision > 0 && revision <= Highest(returned))
            {
                latest[revision] = Math.Min(latest[revision], returned);
            }
        }

        for (var r = entries.Count - 1; r > 0; r--)
        {
            latest[r] = Math.Min(latest[r], latest[r + 1]);
        }
    }

    /// <summary>The lowest revision that the merchant can have had at a time.</summary>
    public long Lowest(long at) => Last(latest, time => time < at);

    /// <summary>The highest revision that the merchant can have had at a time.</summary>
    public long Highest(long at) => Last(earliest, time => time <= at);

    private static IEnumerable<(long Revision, long Returned)> AnsweredRevisions(RequestIndex requests) =>
        from operation in requests.Operations
        let reply = (operation.Outcome as Outcome.Answered)?.Reply
        where reply is not null
        // If a request was sent twice, the first attempt can be committed after the second was answered.
        let revision = operation.Attempts == 1 ? requests.RevisionOf(operation) ?? 0 : 0
        select (Math.Max(revision, ApiCalls.RevisionIn(reply)), operation.Returned);

    // Both arrays are sorted, and the first element always fulfills the condition.
    private static long Last(long[] times, Func<long, bool> condition)
    {
        var (low, high) = (0, times.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = condition(times[middle]) ? (middle, high) : (low, middle - 1);
        }

        return low;
    }
}
