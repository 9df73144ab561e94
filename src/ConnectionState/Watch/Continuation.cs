using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Watch;

/// <summary>What leads from a place in the history to the present. Pure.</summary>
internal static class Continuation
{
    /// <summary>
    /// The most changes that are told in one delivery; it cannot be more than one, since the page list in between is not known.
    /// </summary>
    public const int MostChanges = 1_000;

    /// <summary>Decides what a stream at <paramref name="from"/> is told.</summary>
    /// <param name="from">Where it is.</param>
    /// <param name="now">The merchant as the store has it.</param>
    /// <param name="commits">The oldest commits after <paramref name="from"/> that are kept, as many as may be told.</param>
    public static WatchEvent From(HistoryPosition from, StoredMerchant now, ImmutableArray<Commit> commits)
    {
        if (now.Position == from)
        {
            return new WatchEvent.Checkpoint(from, now.Record);
        }

        if (now.Position.Revision <= from.Revision)
        {
            return Snapshot(now, SnapshotReason.HistoryReplaced);
        }

        // What was committed after the record was read comes with the next delivery.
        ImmutableArray<Commit> told = [.. commits.Where(c => c.Revision <= now.Position.Revision)];
        if (told.IsEmpty || told[0].Revision != from.Revision + 1)
        {
            return Snapshot(now, SnapshotReason.HistoryTrimmed);
        }

        if (!IsChain(from, told))
        {
            return Snapshot(now, SnapshotReason.HistoryReplaced);
        }

        var changes = new WatchEvent.Changes(told, now.Record, now.Position);
        if (told[^1].Revision != now.Position.Revision || changes.Count > MostChanges)
        {
            return Snapshot(now, SnapshotReason.HistoryTrimmed);
        }

        return told[^1].Id == now.CommitId ? changes : Snapshot(now, SnapshotReason.HistoryReplaced);
    }

    private static WatchEvent.Snapshot Snapshot(StoredMerchant now, SnapshotReason reason) => new(now.Record, now.Position, reason);

    private static bool IsChain(HistoryPosition from, ImmutableArray<Commit> commits)
    {
        foreach (var commit in commits)
        {
            if (commit.Revision != from.Revision + 1 || commit.PreviousId != from.CommitId)
            {
                return false;
            }

            from = new HistoryPosition(commit.Revision, commit.Id);
        }

        return true;
    }
}
