namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>Checks that every commit of a merchant was requested, decided correctly, and committed in a possible order.</summary>
internal static class CommitChecks
{
    public static IEnumerable<Violation> All(MerchantCase merchant) =>
    [
        .. CheckRevisions(merchant.Entries), .. CheckRequested(merchant.Requests), .. CheckDuplicates(merchant.Requests),
        .. CheckOrder(merchant.Requests), .. CheckDecisions(merchant),
    ];

    // Revisions begin at 1 and increase by 1.
    private static IEnumerable<Violation> CheckRevisions(IReadOnlyList<Entry> entries) =>
        from i in Enumerable.Range(0, entries.Count)
        where entries[i].Revision != i + 1
        select new Violation("gap", $"entry {i + 1} of the history is {entries[i]}");

    private static IEnumerable<Violation> CheckRequested(RequestIndex requests) =>
        from entry in requests.History.Entries
        where !requests.PossibleCommands(entry).Any()
        select new Violation("unrequested", $"nobody requested {entry}");

    private static IEnumerable<Violation> CheckDuplicates(RequestIndex requests) =>
        from entry in requests.History.Entries
        where requests.IsDuplicate(entry)
        select new Violation("duplicate", $"{entry} was committed already at revision {requests.RevisionOf(requests.OperationOf(entry)!)}");

    // An operation that was answered before another one was sent has the lower revision.
    private static IEnumerable<Violation> CheckOrder(RequestIndex requests)
    {
        Operation? later = null;
        foreach (var entry in requests.History.Entries.Reverse())
        {
            if (requests.OperationOf(entry) is not { } operation)
            {
                continue;
            }

            if (later?.Returned < operation.Invoked)
            {
                yield return new("order", $"{entry} was requested after {later}, which has a higher revision, was answered");
            }

            // If a request was sent twice, the first attempt can be committed after the second was answered.
            if (operation is { Outcome: Outcome.Answered, Attempts: 1 } && operation.Returned < (later?.Returned ?? long.MaxValue))
            {
                later = operation;
            }
        }
    }

    private static IEnumerable<Violation> CheckDecisions(MerchantCase merchant) =>
        merchant.Replay.Error is { } error ? [new Violation("decision", error)] : [];
}
