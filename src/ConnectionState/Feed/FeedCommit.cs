using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>An entry of the feed with its commit. All streams of a process share it, and with it what is derived from it: its message, encoded.</summary>
/// <param name="Lane">The lane of the entry.</param>
/// <param name="Entry">The entry.</param>
/// <param name="Commit">The commit, or null if it is not in the merchant's history.</param>
internal sealed record FeedCommit(int Lane, FeedEntry Entry, Commit? Commit) : Derivable
{
    private Task<StoredMerchant?>? reading;
    private WeakReference<StoredMerchant>? read;

    /// <summary>Whether the commit was looked for. It is not if nobody follows its partition.</summary>
    public bool IsLoaded { get; init; } = true;

    /// <summary>The partition of the merchant.</summary>
    public int Partition { get; } = Store.Partition.Of(Entry.MerchantId);

    /// <summary>The position after the commit.</summary>
    public PartitionPoint Position => new(Partition, Entry.Point);

    /// <summary>How much memory it takes, without the page list. An estimate, in bytes.</summary>
    public int Size { get; } = FeedSize.Of(Commit);

    /// <summary>Whether streams get what is true now in place of the changes: they are not known, or too large for a message.</summary>
    public bool IsSuperseded => Commit is null || Size > FeedSize.MaxChanges;

    /// <summary>
    /// Returns the merchant, read after the commit; null if it is unreadable. Streams that ask at about the same time share it. It is not kept here: the
    /// commits in memory would keep the page lists of all their merchants.
    /// </summary>
    public Task<StoredMerchant?> ReadMerchantAsync(Func<string, Task<StoredMerchant?>> readMerchant)
    {
        if (Volatile.Read(ref read)?.TryGetTarget(out var known) == true)
        {
            return Task.FromResult<StoredMerchant?>(known);
        }

        if (Volatile.Read(ref reading) is { IsCompleted: false } running)
        {
            return running;
        }

        // Two streams may read at the same time; both reads are after the commit.
        var started = ReadAsync(readMerchant);
        Volatile.Write(ref reading, started.IsCompleted ? null : started);
        return started;
    }

    private async Task<StoredMerchant?> ReadAsync(Func<string, Task<StoredMerchant?>> readMerchant)
    {
        var merchant = await readMerchant(Entry.MerchantId);
        Volatile.Write(ref read, merchant is null ? null : new(merchant));
        Volatile.Write(ref reading, null);
        return merchant;
    }
}
