namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>Whether the commits of a merchant are what was asked for, in an order in which it was asked.</summary>
internal static class CommitChecks
{
    public static IEnumerable<Violation> All(Case merchant) =>
    [
        .. Numbered(merchant.Entries), .. AskedFor(merchant.Asked), .. Once(merchant.Asked), .. InOrder(merchant.Asked),
        .. Decided(merchant),
    ];

    // Revisions rise by one, from 1.
    private static IEnumerable<Violation> Numbered(IReadOnlyList<Entry> entries) =>
        from i in Enumerable.Range(0, entries.Count)
        where entries[i].Revision != i + 1
        select new Violation("gap", $"in place {i + 1} of the history is {entries[i]}");

    private static IEnumerable<Violation> AskedFor(Asked asked) =>
        from entry in asked.History.Entries
        where !asked.Behind(entry).Any()
        select new Violation("unasked", $"nobody asked for {entry}");

    private static IEnumerable<Violation> Once(Asked asked) =>
        from entry in asked.History.Entries
        where asked.IsAgain(entry)
        select new Violation("twice", $"{entry} was carried out at revision {asked.RevisionOf(asked.OperationOf(entry)!)} already");

    // What was answered before another was asked for has the lower revision.
    private static IEnumerable<Violation> InOrder(Asked asked)
    {
        Operation? later = null;
        foreach (var entry in asked.History.Entries.Reverse())
        {
            if (asked.OperationOf(entry) is not { } operation)
            {
                continue;
            }

            if (later?.Returned < operation.Invoked)
            {
                yield return new("order", $"{entry} was asked for after {later}, of a higher revision, was answered");
            }

            // Of one that was sent twice, the first may have come about after the second was answered.
            if (operation is { Outcome: Outcome.Answered, Attempts: 1 } && operation.Returned < (later?.Returned ?? long.MaxValue))
            {
                later = operation;
            }
        }
    }

    private static IEnumerable<Violation> Decided(Case merchant) =>
        merchant.Replay.Wrong is { } wrong ? [new Violation("decided", wrong)] : [];
}
