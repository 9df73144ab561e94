using System.Collections.Immutable;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>Why a partition begins again. The numbers equal those of the API.</summary>
internal enum FeedResetReason
{
    /// <summary>Commits after the position are no longer kept.</summary>
    Trimmed = 1,

    /// <summary>The position is not in the feed.</summary>
    Replaced = 2,

    /// <summary>The caller asked for a snapshot.</summary>
    Requested = 3,
}

/// <summary>A position in a partition.</summary>
internal readonly record struct PartitionPoint(int Partition, FeedPoint Point);

/// <summary>An event of a stream. Closed: the nested records are all there are.</summary>
internal abstract record FeedEvent
{
    private FeedEvent()
    {
    }

    /// <summary>A commit.</summary>
    /// <param name="Position">The position after it.</param>
    /// <param name="Commit">The commit, shared by all streams.</param>
    /// <param name="Merchant">The merchant at this commit; null if the stream does not want it, or it has changed since.</param>
    public sealed record Committed(PartitionPoint Position, FeedCommit Commit, StoredMerchant? Merchant) : FeedEvent;

    /// <summary>A commit whose changes are no longer in the history, or too large for a message.</summary>
    /// <param name="Position">The position after it.</param>
    /// <param name="MerchantId">The merchant.</param>
    /// <param name="Merchant">The merchant as it is now, or null if it is unreadable.</param>
    public sealed record Superseded(PartitionPoint Position, string MerchantId, StoredMerchant? Merchant) : FeedEvent;

    /// <summary>Merchants of a partition. The merchant is null if it is unreadable.</summary>
    /// <param name="Partition">The partition.</param>
    /// <param name="Merchants">The merchants.</param>
    /// <param name="Last">The position after the snapshot, in its last part; otherwise null.</param>
    public sealed record Snapshot(int Partition, ImmutableArray<(string Id, StoredMerchant? Merchant)> Merchants, FeedPoint? Last) : FeedEvent;

    /// <summary>A partition begins again.</summary>
    public sealed record Reset(int Partition, FeedResetReason Reason) : FeedEvent;

    /// <summary>The positions of partitions that have moved since they were sent last.</summary>
    public sealed record Checkpoint(ImmutableArray<PartitionPoint> Positions) : FeedEvent;

    /// <summary>The stream is live.</summary>
    public sealed record CaughtUp : FeedEvent;

    /// <summary>The stream is not live any more.</summary>
    public sealed record FellBehind(long Behind) : FeedEvent;
}
