using ConnectionStateService.Core;
using Microsoft.Extensions.Caching.Memory;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The merchants that this process has read or written last, so that most commits need no read first. An entry may be stale: Redis
/// rejects a commit on it, and a reply is based on it only if the position in Redis is still the entry's.
/// </summary>
/// <param name="size">The maximum number of merchants.</param>
internal sealed class MerchantCache(int size) : IDisposable
{
    private readonly MemoryCache cache = new(new MemoryCacheOptions { SizeLimit = size });

    // A notification and the answer to the commit that it is about arrive at the same time.
    private readonly Lock gate = new();

    /// <summary>Returns the cached merchant, or null.</summary>
    public StoredMerchant? TryGetCached(string merchantId) => cache.Get<StoredMerchant>(merchantId);

    /// <summary>Adds a merchant as it was read.</summary>
    public void Set(StoredMerchant stored)
    {
        lock (gate)
        {
            cache.Set(stored.Record.MerchantId, stored, new MemoryCacheEntryOptions { Size = 1 });
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
