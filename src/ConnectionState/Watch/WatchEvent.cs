using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

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

/// <summary>
/// An event of a stream. Closed: the nested records are all there are. All streams of a merchant share its events, and with them what is derived from
/// an event: its message, encoded.
/// </summary>
/// <param name="Position">The position of the stream after the event.</param>
internal abstract record WatchEvent(HistoryPosition Position) : Derivable
{
    /// <summary>The current merchant, without the changes that led to it.</summary>
    public sealed record Snapshot(StoredMerchant Merchant, SnapshotReason Reason) : WatchEvent(Merchant.Position);

    /// <summary>The commits since the previous event, and the merchant after the last of them.</summary>
    public sealed record Changes(ImmutableArray<Commit> Commits, StoredMerchant Merchant) : WatchEvent(Merchant.Position)
    {
        /// <summary>The number of changes in all commits.</summary>
        public int Count => Commits.Sum(c => c.Changes.Length);
    }

    /// <summary>The store confirmed that the stream is at the current position.</summary>
    /// <param name="Position">The position.</param>
    /// <param name="Merchant">The merchant, in the first event of a resumed stream; otherwise null.</param>
    public sealed record Checkpoint(HistoryPosition Position, StoredMerchant? Merchant = null) : WatchEvent(Position);
}
