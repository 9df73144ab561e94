using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>One commit of a history.</summary>
/// <param name="Position">Its position.</param>
/// <param name="PreviousId">The id of the previous commit; 0 for the first.</param>
/// <param name="Kinds">The kinds of its changes, in order, by their names in the API.</param>
internal sealed record HistoryEntry(HistoryPosition Position, ulong PreviousId, ImmutableArray<string> Kinds)
{
    public static HistoryEntry Of(Commit commit) =>
        new(new HistoryPosition(commit.Revision, commit.Id), commit.PreviousId, [.. commit.Changes.Select(c => c.GetType().Name)]);

    public HistoryPosition Previous => new(Position.Revision - 1, PreviousId);
}
