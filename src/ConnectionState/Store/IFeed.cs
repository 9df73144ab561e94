using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>
/// Reads the feed: the commits of all merchants. It consists of lanes, in each of which the entries have consecutive numbers and are in the order
/// of the commits. A store has one lane for each partition, or one lane for all.
/// </summary>
internal interface IFeed
{
    /// <summary>The number of lanes: <see cref="Partition.Count"/>, or 1.</summary>
    int FeedLanes { get; }

    /// <summary>Reads entries of a lane, oldest first. Old entries are trimmed.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="from">The number of the first entry to read.</param>
    /// <param name="limit">The maximum number of entries.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The entries from the number, or from the oldest one that is kept. Their commits are visible to other reads.</returns>
    ValueTask<ImmutableArray<FeedEntry>> ReadFeedAsync(int lane, long from, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Reads what is kept of lanes, in the order of <paramref name="lanes"/>. A span is null if the server of that lane does not answer while that of
    /// another one does.
    /// </summary>
    ValueTask<ImmutableArray<FeedSpan?>> ReadFeedSpansAsync(ImmutableArray<int> lanes, CancellationToken cancellationToken);
}

/// <summary>Reads of all lanes.</summary>
internal static class FeedExtensions
{
    /// <summary>Reads what is kept of all lanes, in their order.</summary>
    public static ValueTask<ImmutableArray<FeedSpan?>> ReadFeedSpansAsync(this IFeed feed, CancellationToken cancellationToken) =>
        feed.ReadFeedSpansAsync([.. Enumerable.Range(0, feed.FeedLanes)], cancellationToken);
}

/// <summary>An entry of the feed: one commit.</summary>
/// <param name="Number">The number in its lane, beginning with 1.</param>
/// <param name="MerchantId">The merchant.</param>
/// <param name="Position">The position of the commit in the merchant's history.</param>
internal sealed record FeedEntry(long Number, string MerchantId, HistoryPosition Position)
{
    /// <summary>The position after the entry.</summary>
    public FeedPoint Point => new(Number, Position.CommitId);
}

/// <summary>
/// A position in a lane: after the entry with that number. The number alone is not enough: a store restored from an older copy assigns the same
/// numbers again to other commits.
/// </summary>
/// <param name="Number">The number of the entry, or 0 for the beginning of the lane.</param>
/// <param name="CommitId">The id of the entry's commit, or 0 at the beginning.</param>
internal readonly record struct FeedPoint(long Number, ulong CommitId);

/// <summary>What is kept of a lane.</summary>
/// <param name="First">The oldest entry, or the beginning if the lane is empty.</param>
/// <param name="Last">The newest entry, or the beginning if the lane is empty.</param>
internal readonly record struct FeedSpan(FeedPoint First, FeedPoint Last);
