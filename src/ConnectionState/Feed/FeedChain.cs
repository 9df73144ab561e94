using System.Collections.Immutable;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>Decides whether entries continue a lane without a gap. Pure.</summary>
internal static class FeedChain
{
    /// <summary>Returns the entries after a place.</summary>
    /// <param name="place">The place.</param>
    /// <param name="entries">The entries from that of the place on, oldest first; from the first one if the place is the beginning.</param>
    /// <param name="newer">The entries after the place.</param>
    /// <returns>False if the place is not in the lane, or entries after it are missing.</returns>
    public static bool TryFollow(FeedPoint place, ImmutableArray<FeedEntry> entries, out ImmutableArray<FeedEntry> newer)
    {
        newer = place.Number == 0 ? entries : entries.IsEmpty ? entries : entries[1..];
        if (place.Number > 0 && (entries.IsEmpty || entries[0].Point != place))
        {
            return false;
        }

        return AreConsecutive(newer, place.Number + 1);
    }

    /// <summary>Whether an entry after a place is missing, although the place itself is in the lane.</summary>
    /// <param name="place">The place.</param>
    /// <param name="entries">The entries from that of the place on, oldest first; from the first one if the place is the beginning.</param>
    public static bool HasGap(FeedPoint place, ImmutableArray<FeedEntry> entries) =>
        entries is [var first, ..]
        && (place.Number == 0 ? first.Number == 1 : first.Point == place)
        && !AreConsecutive(entries, first.Number);

    /// <summary>Decides whether a stream can continue at a place.</summary>
    /// <param name="place">The place.</param>
    /// <param name="found">The entry with the number of the place, or null if it is not kept.</param>
    /// <param name="span">What is kept of the lane.</param>
    /// <returns>Why it cannot, or null if it can.</returns>
    public static FeedResetReason? Check(FeedPoint place, FeedEntry? found, FeedSpan span) =>
        place.Number == 0 ? (span.First.Number <= 1 ? null : FeedResetReason.Trimmed)
        : found is not null ? (found.Point == place ? null : FeedResetReason.Replaced)
        : place.Number < span.First.Number ? FeedResetReason.Trimmed
        : FeedResetReason.Replaced;

    private static bool AreConsecutive(ImmutableArray<FeedEntry> entries, long first) =>
        entries.Index().All(pair => pair.Item.Number == first + pair.Index);
}
