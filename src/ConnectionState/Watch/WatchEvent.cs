using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Watch;

/// <summary>Why a stream gets the page list without what changed. The numbers are those of the API.</summary>
internal enum SnapshotReason
{
    /// <summary>It began without a place in the history.</summary>
    Initial = 1,

    /// <summary>What changed since its place is no longer kept, or too much.</summary>
    HistoryTrimmed = 2,

    /// <summary>Its place is not in the history that the store has.</summary>
    HistoryReplaced = 3,

    /// <summary>It was read too slowly.</summary>
    FellBehind = 4,
}

/// <summary>What a stream is told. Closed: the nested records are all there are.</summary>
/// <param name="Position">Where the stream is afterwards.</param>
internal abstract record WatchEvent(HistoryPosition Position)
{
    /// <summary>The merchant as it is, whatever led there.</summary>
    public sealed record Snapshot(MerchantRecord Record, HistoryPosition Position, SnapshotReason Reason) : WatchEvent(Position);

    /// <summary>What was committed since the delivery before, and the merchant as it is after it.</summary>
    public sealed record Changes(ImmutableArray<Commit> Commits, MerchantRecord Record, HistoryPosition Position) : WatchEvent(Position)
    {
        /// <summary>How many changes there are in all commits.</summary>
        public int Count => Commits.Sum(c => c.Changes.Length);
    }

    /// <summary>The store has said that this place is the present one.</summary>
    /// <param name="Position">The place.</param>
    /// <param name="Record">The merchant there; only for a stream that goes on from it and was told nothing yet.</param>
    public sealed record Checkpoint(HistoryPosition Position, MerchantRecord? Record = null) : WatchEvent(Position);
}
