using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Watch;

/// <summary>Why a stream gets a page list without the changes that led to it. The numbers equal those of the API.</summary>
internal enum SnapshotReason
{
    /// <summary>The stream started without a resume token.</summary>
    Initial = 1,

    /// <summary>The changes since the stream's position are no longer kept, or there are too many.</summary>
    HistoryTrimmed = 2,

    /// <summary>The stream's position is not part of the stored history.</summary>
    HistoryReplaced = 3,

    /// <summary>The stream was read too slowly.</summary>
    FellBehind = 4,
}

/// <summary>An event of a stream. Closed: the nested records are all there are.</summary>
/// <param name="Position">The position of the stream after the event.</param>
internal abstract record WatchEvent(HistoryPosition Position)
{
    /// <summary>The current merchant record, without the changes that led to it.</summary>
    public sealed record Snapshot(MerchantRecord Record, HistoryPosition Position, SnapshotReason Reason) : WatchEvent(Position);

    /// <summary>The commits since the previous event, and the merchant record after the last of them.</summary>
    public sealed record Changes(ImmutableArray<Commit> Commits, MerchantRecord Record, HistoryPosition Position) : WatchEvent(Position)
    {
        /// <summary>The number of changes in all commits.</summary>
        public int Count => Commits.Sum(c => c.Changes.Length);
    }

    /// <summary>The store confirmed that the stream is at the current position.</summary>
    /// <param name="Position">The position.</param>
    /// <param name="Record">The merchant record, in the first event of a resumed stream; otherwise null.</param>
    public sealed record Checkpoint(HistoryPosition Position, MerchantRecord? Record = null) : WatchEvent(Position);
}
