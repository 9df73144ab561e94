using System.Collections.Frozen;
using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>Where a stream begins in a partition. Closed: the nested records are all there are.</summary>
internal abstract record FeedStart(int Partition)
{
    /// <summary>After a position.</summary>
    public sealed record At(int Partition, FeedPoint Point) : FeedStart(Partition);

    /// <summary>With the next commit.</summary>
    public sealed record Now(int Partition) : FeedStart(Partition);

    /// <summary>With a snapshot.</summary>
    public sealed record Snapshot(int Partition) : FeedStart(Partition);
}

/// <summary>What a stream sends.</summary>
/// <param name="Starts">Where it begins, each partition once.</param>
/// <param name="Filter">Which commits it sends.</param>
/// <param name="IncludesPageLists">Whether it sends page lists with commits.</param>
internal sealed record FeedRequest(ImmutableArray<FeedStart> Starts, FeedFilter Filter, bool IncludesPageLists);

/// <summary>Selects commits.</summary>
/// <param name="States">Only commits with a transition into one of these states; empty for all.</param>
/// <param name="Providers">Only commits with a change of a connection of one of these providers; empty for all.</param>
internal sealed record FeedFilter(FrozenSet<State> States, FrozenSet<Provider> Providers)
{
    /// <summary>Whether a commit is sent. An erasure always is: whoever keeps a copy of the merchant must learn of it.</summary>
    public bool Selects(Commit commit) => commit.Changes is [Change.Erased]
        || ((States.Count == 0 || commit.Changes.Any(change => change is Change.Transition transition && States.Contains(transition.To)))
            && (Providers.Count == 0 || commit.Changes.Any(change => ProviderOf(change) is { } provider && Providers.Contains(provider))));

    private static Provider? ProviderOf(Change change) => change switch
    {
        Change.Transition c => c.Page.Provider,
        Change.HealthChanged c => c.Page.Provider,
        Change.Acknowledged c => c.Page.Provider,
        Change.ExpiryWarning c => c.Page.Provider,
        Change.SessionMoved c => c.Provider,
        _ => null,
    };
}
