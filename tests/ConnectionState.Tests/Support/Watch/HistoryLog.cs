using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>
/// All commits of one merchant that its store ever had, including trimmed ones, and those that were lost when the store was restored from
/// an older copy. It is complete if it is read again before the store trims new commits. Reads must not run concurrently; lookups may.
/// </summary>
internal sealed class HistoryLog
{
    private readonly HashSet<long> revisions = [];
    private readonly List<string> problems = [];
    private ImmutableDictionary<ulong, HistoryEntry> entries = ImmutableDictionary<ulong, HistoryEntry>.Empty;
    private ImmutableDictionary<ulong, TimeSpan> outdated = ImmutableDictionary<ulong, TimeSpan>.Empty;
    private HistoryEntry? newest;

    /// <summary>The newest position when the history was last read.</summary>
    public HistoryPosition Head => Volatile.Read(ref newest)?.Position ?? default;

    /// <summary>The highest revision that ever existed.</summary>
    public long NewestRevision { get; private set; }

    /// <summary>The lowest revision that the store was restored to, or null if it never was.</summary>
    public long? RestoredTo { get; private set; }

    /// <summary>Why the log is incomplete; empty if it is complete.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>Reads new commits.</summary>
    public async Task ReadAsync(IConnectionStore store, string merchantId)
    {
        HistoryPosition head;
        bool isComplete;
        do
        {
            head = (await store.ReadPositionsAsync([merchantId], CancellationToken.None))[0]!.Value;
            isComplete = head == Head
                || Add(head, await store.ReadCommitsAsync(merchantId, Head.Revision, int.MaxValue, CancellationToken.None))
                || Add(head, await store.ReadCommitsAsync(merchantId, 0, int.MaxValue, CancellationToken.None));
        }
        while (!isComplete && head != (await store.ReadPositionsAsync([merchantId], CancellationToken.None))[0]);

        if (!isComplete)
        {
            problems.Add($"commits between {Head} and {head} were trimmed before they were read");
        }

        if (!Covers(Head, head))
        {
            RestoredTo = Math.Min(RestoredTo ?? long.MaxValue, ForkOf(Head, head));
        }

        Volatile.Write(ref newest, entries.GetValueOrDefault(head.CommitId));
    }

    public void Add(HistoryEntry entry)
    {
        if (entries.ContainsKey(entry.Position.CommitId))
        {
            return;
        }

        entries = entries.Add(entry.Position.CommitId, entry);
        NewestRevision = Math.Max(NewestRevision, entry.Position.Revision);
        if (!revisions.Add(entry.Position.Revision))
        {
            RestoredTo = Math.Min(RestoredTo ?? long.MaxValue, entry.Position.Revision - 1);
        }
    }

    /// <summary>Records that a commit was acknowledged, so that the position before it is not current any more.</summary>
    public void Acknowledged(HistoryPosition previous, TimeSpan at) =>
        outdated = outdated.SetItem(previous.CommitId, at);

    /// <summary>Returns when the position became outdated, or null if it may be current.</summary>
    public TimeSpan? OutdatedAt(HistoryPosition position) =>
        outdated.TryGetValue(position.CommitId, out var at) && !(RestoredTo <= position.Revision) ? at : null;

    public bool Has(HistoryPosition position) =>
        position == default || (entries.TryGetValue(position.CommitId, out var entry) && entry.Position == position);

    /// <summary>Returns whether commits lead from one position to the other, or both are the same.</summary>
    public bool Covers(HistoryPosition from, HistoryPosition to) => Path(from, to) is not null;

    /// <summary>Returns the commits that lead from one position to the other, oldest first, or null if there are none.</summary>
    public IReadOnlyList<HistoryEntry>? Path(HistoryPosition from, HistoryPosition to)
    {
        var back = Back(to).TakeWhile(e => e.Position.Revision > from.Revision).ToList();
        var reached = back.Count == 0 ? to : back[^1].Previous;
        back.Reverse();
        return reached == from && Has(from) ? back : null;
    }

    /// <summary>Returns the commit with a revision among those that lead to a position, or null.</summary>
    public HistoryEntry? Find(HistoryPosition to, long revision) => Back(to).FirstOrDefault(e => e.Position.Revision == revision);

    // Newest first.
    private IEnumerable<HistoryEntry> Back(HistoryPosition position)
    {
        while (entries.TryGetValue(position.CommitId, out var entry) && entry.Position == position)
        {
            yield return entry;
            position = entry.Previous;
        }
    }

    private bool Add(HistoryPosition head, IEnumerable<Commit> commits)
    {
        // Commits newer than the head are left over from before a restore, and known already.
        foreach (var commit in commits.Where(c => c.Revision <= head.Revision))
        {
            Add(HistoryEntry.Of(commit));
        }

        return Has(head) && Covers(default, head);
    }

    private long ForkOf(HistoryPosition one, HistoryPosition other)
    {
        var positions = Back(one).Select(e => e.Position).ToHashSet();
        return Back(other).Select(e => e.Position).FirstOrDefault(positions.Contains).Revision;
    }
}
