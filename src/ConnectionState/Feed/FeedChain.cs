using System.Collections.Immutable;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>Decides whether entries continue a lane without a gap. Pure.</summary>
internal static class FeedChain
{
    /// <summary>Returns the entries after a position.</summary>
    /// <param name="position">The position.</param>
    /// <param name="entries">The entries from that of the position on, oldest first; from the first one if the position is the beginning.</param>
    /// <param name="newer">The entries after the position.</param>
    /// <returns>False if the position is not in the lane, or entries after it are missing.</returns>
    public static bool TryFollow(FeedPoint position, ImmutableArray<FeedEntry> entries, out ImmutableArray<FeedEntry> newer)
    {
        newer = position.Number == 0 ? entries : entries.IsEmpty ? entries : entries[1..];
        if (position.Number > 0 && (entries.IsEmpty || entries[0].Point != position))
        {
            return false;
        }

        return AreConsecutive(newer, position.Number + 1);
    }

    /// <summary>Whether an entry after a position is missing, although the position itself is in the lane.</summary>
    /// <param name="position">The position.</param>
    /// <param name="entries">The entries from that of the position on, oldest first; from the first one if the position is the beginning.</param>
    public static bool HasGap(FeedPoint position, ImmutableArray<FeedEntry> entries) =>
        entries is [var first, ..]
        && (position.Number == 0 ? first.Number == 1 : first.Point == position)
        && !AreConsecutive(entries, first.Number);

    /// <summary>Decides whether a stream can continue at a position.</summary>
    /// <param name="position">The position.</param>
    /// <param name="found">The entry with the number of the position, or null if it is not kept.</param>
    /// <param name="span">What is kept of the lane.</param>
    /// <returns>Why it cannot, or null if it can.</returns>
    public static FeedResetReason? Check(FeedPoint position, FeedEntry? found, FeedSpan span) =>
        position.Number == 0 ? (span.First.Number <= 1 ? null : FeedResetReason.Trimmed)
        : found is not null ? (found.Point == position ? null : FeedResetReason.Replaced)
        : position.Number < span.First.Number ? FeedResetReason.Trimmed
        : FeedResetReason.Replaced;

    private static bool AreConsecutive(ImmutableArray<FeedEntry> entries, long first) =>
        entries.Index().All(pair => pair.Item.Number == first + pair.Index);
}
