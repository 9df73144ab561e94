using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>
/// All commits of one merchant that its store ever had: kept when the store trims them, and kept apart when the store is put back to an
/// older copy and goes on from there with others. It is complete if it is read again before the store trims what is new. One at a time may
/// read into it; anybody may look things up meanwhile.
/// </summary>
internal sealed class HistoryLog
{
    private readonly HashSet<long> revisions = [];
    private readonly List<string> problems = [];
    private ImmutableDictionary<ulong, HistoryEntry> entries = ImmutableDictionary<ulong, HistoryEntry>.Empty;
    private ImmutableDictionary<ulong, TimeSpan> overtaken = ImmutableDictionary<ulong, TimeSpan>.Empty;
    private HistoryEntry? newest;

    /// <summary>Where the history stood when it was last read.</summary>
    public HistoryPosition Head => Volatile.Read(ref newest)?.Position ?? default;

    /// <summary>The newest revision that ever was.</summary>
    public long NewestRevision { get; private set; }

    /// <summary>The lowest revision that the store was put back to; none: it never was.</summary>
    public long? PutBackTo { get; private set; }

    /// <summary>Why nothing can be concluded from this log, if so.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>Reads what is new.</summary>
    public async Task ReadAsync(IConnectionStore store, string merchantId)
    {
        HistoryPosition head;
        bool isJoined;
        do
        {
            head = (await store.ReadPositionsAsync([merchantId], CancellationToken.None))[0]!.Value;
            isJoined = head == Head
                || Add(head, await store.ReadCommitsAsync(merchantId, Head.Revision, int.MaxValue, CancellationToken.None))
                || Add(head, await store.ReadCommitsAsync(merchantId, 0, int.MaxValue, CancellationToken.None));
        }
        while (!isJoined && head != (await store.ReadPositionsAsync([merchantId], CancellationToken.None))[0]);

        if (!isJoined)
        {
            problems.Add($"commits between {Head} and {head} were trimmed before they were read");
        }

        if (!Covers(Head, head))
        {
            PutBackTo = Math.Min(PutBackTo ?? long.MaxValue, ForkOf(Head, head));
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
            PutBackTo = Math.Min(PutBackTo ?? long.MaxValue, entry.Position.Revision - 1);
        }
    }

    /// <summary>A writer has the store's answer: from now on the place before the commit is not the present one.</summary>
    public void Acknowledged(HistoryPosition previous, TimeSpan at) =>
        overtaken = overtaken.SetItem(previous.CommitId, at);

    /// <summary>Since when the place is known not to be the present one; none: it may be.</summary>
    public TimeSpan? OvertakenAt(HistoryPosition place) =>
        overtaken.TryGetValue(place.CommitId, out var at) && !(PutBackTo <= place.Revision) ? at : null;

    public bool Has(HistoryPosition place) =>
        place == default || (entries.TryGetValue(place.CommitId, out var entry) && entry.Position == place);

    /// <summary>Whether the second place is the first, or was reached from it.</summary>
    public bool Covers(HistoryPosition from, HistoryPosition to) => Path(from, to) is not null;

    /// <summary>The commits that lead from one place to another, oldest first; none: nothing leads there.</summary>
    public IReadOnlyList<HistoryEntry>? Path(HistoryPosition from, HistoryPosition to)
    {
        var back = Back(to).TakeWhile(e => e.Position.Revision > from.Revision).ToList();
        var reached = back.Count == 0 ? to : back[^1].Previous;
        back.Reverse();
        return reached == from && Has(from) ? back : null;
    }

    /// <summary>The commit with a certain revision among those that led to a place.</summary>
    public HistoryEntry? Find(HistoryPosition to, long revision) => Back(to).FirstOrDefault(e => e.Position.Revision == revision);

    // The newest first.
    private IEnumerable<HistoryEntry> Back(HistoryPosition place)
    {
        while (entries.TryGetValue(place.CommitId, out var entry) && entry.Position == place)
        {
            yield return entry;
            place = entry.Previous;
        }
    }

    private bool Add(HistoryPosition head, IEnumerable<Commit> commits)
    {
        // What is newer than the head was left over when the store was put back, and is here already.
        foreach (var commit in commits.Where(c => c.Revision <= head.Revision))
        {
            Add(HistoryEntry.Of(commit));
        }

        return Has(head) && Covers(default, head);
    }

    private long ForkOf(HistoryPosition one, HistoryPosition other)
    {
        var places = Back(one).Select(e => e.Position).ToHashSet();
        return Back(other).Select(e => e.Position).FirstOrDefault(places.Contains).Revision;
    }
}
