using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>An entry of the feed with its commit. All streams of a process share it, and with it what is derived from it: its message, encoded.</summary>
/// <param name="Lane">The lane of the entry.</param>
/// <param name="Entry">The entry.</param>
/// <param name="Commit">The commit, or null if it is not in the merchant's history.</param>
internal sealed record FeedCommit(int Lane, FeedEntry Entry, Commit? Commit) : Derivable
{
    private Task<StoredMerchant?>? merchant;

    /// <summary>The partition of the merchant.</summary>
    public int Partition { get; } = Store.Partition.Of(Entry.MerchantId);

    /// <summary>The place after the commit.</summary>
    public PartitionPoint Place => new(Partition, Entry.Point);

    /// <summary>Returns the merchant, read after the commit and at most once for all streams; null if it is unreadable.</summary>
    public Task<StoredMerchant?> ReadMerchantAsync(Func<string, Task<StoredMerchant?>> read)
    {
        if (Volatile.Read(ref merchant) is { IsFaulted: false, IsCanceled: false } known)
        {
            return known;
        }

        // Two streams may read at the same time; both reads are after the commit.
        return merchant = read(Entry.MerchantId);
    }
}
