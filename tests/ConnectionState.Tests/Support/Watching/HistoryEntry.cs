using System.Collections.Immutable;
using ConnectionState.Core;

namespace ConnectionState.Tests.Support.Watching;

/// <summary>One commit of a history.</summary>
/// <param name="Place">Its place.</param>
/// <param name="PreviousId">The id of the commit before; 0 for the first.</param>
/// <param name="Kinds">The kinds of its changes, in order, called as the API calls them.</param>
internal sealed record HistoryEntry(Place Place, ulong PreviousId, ImmutableArray<string> Kinds)
{
    public static HistoryEntry Of(Commit commit) =>
        new(new Place(commit.Revision, commit.Id), commit.PreviousId, [.. commit.Changes.Select(c => c.GetType().Name)]);

    public Place Previous => new(Place.Revision - 1, PreviousId);
}
