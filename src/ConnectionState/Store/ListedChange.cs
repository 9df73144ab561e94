using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>What the index knows of a listed connection.</summary>
/// <param name="State">The state.</param>
/// <param name="Cause">The cause.</param>
/// <param name="Since">When the connection entered the state, in milliseconds since 1970.</param>
internal readonly record struct Listing(State State, Cause Cause, long Since)
{
    /// <summary>Whether the connection is lost: only those are indexed by the time of their state.</summary>
    public bool IsLost => State is not (State.Pending or State.Connected);

    /// <summary>Returns the listing of a connection, or null if it is not listed.</summary>
    public static Listing? Of(Connection? connection) => connection is { IsListed: true }
        ? new(connection.State, connection.Cause, connection.StateSince.ToUnixTimeMilliseconds())
        : null;
}

/// <summary>What a commit changes in the index of listed connections.</summary>
/// <param name="Page">The page of the connection.</param>
/// <param name="Before">The listing before the commit, or null if the connection was not listed.</param>
/// <param name="After">The listing after the commit, or null if the connection is not listed.</param>
internal readonly record struct ListedChange(PageRef Page, Listing? Before, Listing? After)
{
    /// <summary>Returns what differs between two records of a merchant. Most commits change nothing.</summary>
    public static ImmutableArray<ListedChange> Between(MerchantRecord before, MerchantRecord after)
    {
        ImmutableArray<ListedChange> changes = [];
        for (var i = 0; i < after.Connections.Length; i++)
        {
            var connection = after.Connections[i];
            var earlier = FindAt(before, i, connection.Page);
            Add(ref changes, new(connection.Page, Listing.Of(earlier), Listing.Of(connection)));
        }

        for (var i = 0; i < before.Connections.Length; i++)
        {
            var connection = before.Connections[i];
            if (connection.IsListed && FindAt(after, i, connection.Page) is null)
            {
                Add(ref changes, new(connection.Page, Listing.Of(connection), null));
            }
        }

        return changes;
    }

    /// <summary>Whether a page that worked is lost.</summary>
    public bool IsLoss => Before is { State: State.Connected } && After is { IsLost: true };

    /// <summary>What the connection is after the commit. It must be listed.</summary>
    public ListedKind KindAfter => KindOf(After)!.Value;

    /// <summary>Returns what the commit adds to the tally and takes from it.</summary>
    public IEnumerable<(ListedKind Kind, int Count)> Counts()
    {
        var (before, after) = (KindOf(Before), KindOf(After));
        if (before == after)
        {
            yield break;
        }

        if (before is { } left)
        {
            yield return (left, -1);
        }

        if (after is { } entered)
        {
            yield return (entered, 1);
        }
    }

    private ListedKind? KindOf(Listing? listing) => listing is { } listed ? new(Page.Provider, listed.State, listed.Cause) : null;

    // Mostly, a connection has the same index in both records.
    private static Connection? FindAt(MerchantRecord record, int index, PageRef page) =>
        index < record.Connections.Length && record.Connections[index] is { } connection && connection.Page == page ? connection : record.Find(page);

    private static void Add(ref ImmutableArray<ListedChange> changes, ListedChange change)
    {
        if (change.Before != change.After)
        {
            changes = changes.Add(change);
        }
    }
}
