using ConnectionStateService.Core;
using Microsoft.Extensions.Caching.Memory;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The merchants that this process has read or written last, so that most commits need no read first. An entry may be stale: Redis
/// rejects a commit on it, and a reply is based on it only if the position in Redis is still the entry's.
/// </summary>
/// <param name="capacity">The maximum size in bytes, by the estimate of <see cref="CacheSize"/>; 0 for no cache.</param>
internal sealed class MerchantCache(long capacity) : IDisposable
{
    // Nothing expires, so the scan of all entries that is due each minute by default would find nothing.
    private readonly MemoryCache cache = new(new MemoryCacheOptions
    {
        SizeLimit = Math.Max(capacity, 1),
        ExpirationScanFrequency = TimeSpan.FromDays(1),
    });

    // A notification and the answer to the commit that it is about arrive at the same time.
    private readonly Lock gate = new();

    /// <summary>Returns the cached merchant, or null.</summary>
    public StoredMerchant? TryGetCached(string merchantId) => cache.Get<StoredMerchant>(merchantId);

    /// <summary>Adds a merchant as it was read.</summary>
    public void Set(StoredMerchant stored)
    {
        lock (gate)
        {
            // A cache that is full removes the previous entry, does not add the new one, and makes room in the background.
            cache.Set(stored.Record.MerchantId, stored, new MemoryCacheEntryOptions { Size = CacheSize.Of(stored.Record) });
        }
    }

    /// <summary>Adds a merchant as this process has stored it, unless a later commit is cached already.</summary>
    public void SetCommitted(StoredMerchant stored)
    {
        lock (gate)
        {
            if (TryGetCached(stored.Record.MerchantId) is not { } cached || cached.Position.Revision < stored.Position.Revision)
            {
                Set(stored);
            }
        }
    }

    public void Remove(string merchantId) => cache.Remove(merchantId);

    /// <summary>Removes a merchant that is cached as it was before a commit.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="committed">The position of the commit. It may be older than what is cached.</param>
    public void RemoveIfBehind(string merchantId, HistoryPosition committed)
    {
        lock (gate)
        {
            if (TryGetCached(merchantId)?.Position is { } cached && cached != committed && cached.Revision <= committed.Revision)
            {
                Remove(merchantId);
            }
        }
    }

    public void Dispose() => cache.Dispose();
}
