using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Watch;

/// <summary>Decides which event moves a stream from its position to the current one. Pure.</summary>
internal static class CatchUp
{
    /// <summary>
    /// The maximum number of changes in one event. What exceeds it cannot be split into several events, because the page lists between
    /// two commits are not stored.
    /// </summary>
    public const int MaxChanges = 1_000;

    /// <summary>Returns the event for a stream at <paramref name="position"/>.</summary>
    /// <param name="position">The position of the stream.</param>
    /// <param name="current">The merchant as stored.</param>
    /// <param name="commits">The oldest stored commits after <paramref name="position"/>, in order.</param>
    public static WatchEvent From(HistoryPosition position, StoredMerchant current, ImmutableArray<Commit> commits)
    {
        if (current.Position == position)
        {
            return new WatchEvent.Checkpoint(position, current);
        }

        if (current.Position.Revision <= position.Revision)
        {
            return Snapshot(current, SnapshotReason.HistoryReplaced);
        }

        // Commits that are newer than the record belong to the next event.
        ImmutableArray<Commit> missed = [.. commits.Where(c => c.Revision <= current.Position.Revision)];
        if (missed.IsEmpty || missed[0].Revision != position.Revision + 1)
        {
            return Snapshot(current, SnapshotReason.HistoryTrimmed);
        }

        if (!IsChain(position, missed))
        {
            return Snapshot(current, SnapshotReason.HistoryReplaced);
        }

        var changes = new WatchEvent.Changes(missed, current);
        if (missed[^1].Revision != current.Position.Revision || changes.Count > MaxChanges)
        {
            return Snapshot(current, SnapshotReason.HistoryTrimmed);
        }

        return missed[^1].Id == current.CommitId ? changes : Snapshot(current, SnapshotReason.HistoryReplaced);
    }

    private static WatchEvent.Snapshot Snapshot(StoredMerchant current, SnapshotReason reason) =>
        new(current, reason);

    private static bool IsChain(HistoryPosition position, ImmutableArray<Commit> commits)
    {
        foreach (var commit in commits)
        {
            if (commit.Revision != position.Revision + 1 || commit.PreviousId != position.CommitId)
            {
                return false;
            }

            position = new HistoryPosition(commit.Revision, commit.Id);
        }

        return true;
    }
}
