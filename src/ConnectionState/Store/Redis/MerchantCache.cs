using ConnectionStateService.Core;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The merchants that this process has read or written last, so that most commits need no read first. An entry may be stale: Redis
/// rejects a commit on it, and a reply is based on it only if the position in Redis is still the entry's.
/// </summary>
/// <param name="capacity">The maximum size in bytes, by the estimate of <see cref="CacheSize"/>; 0 for no cache.</param>
internal sealed class MerchantCache(long capacity)
{
    private readonly BoundedCache<object> cache = new(capacity);

    // A notification and the answer to the commit that it is about arrive at the same time.
    private readonly Lock gate = new();

    /// <summary>Returns the cached merchant, or null.</summary>
    public StoredMerchant? TryGetCached(string merchantId) => CurrentOf(cache.Find(merchantId));

    /// <summary>
    /// Returns the merchant with its remembered requests as this process has known it last, or null. With it, a read needs no more of the history
    /// than what is new.
    /// </summary>
    public StoredMerchant? FindEarlier(string merchantId) => EarlierOf(cache.Find(merchantId));

    /// <summary>Adds a merchant as it was read. If it was read without its requests, those known before are kept for <see cref="FindEarlier"/>.</summary>
    public void Set(StoredMerchant stored)
    {
        lock (gate)
        {
            var merchantId = stored.Record.MerchantId;
            if (HasRequests(stored) || EarlierOf(cache.Peek(merchantId)) is not { } earlier)
            {
                cache.Set(merchantId, stored, CacheSize.Of(stored.Record));
            }
            else
            {
                SetWithoutRequests(merchantId, stored, earlier);
            }
        }
    }

    /// <summary>Adds a merchant as this process has stored it, unless a later commit is cached already.</summary>
    public void SetCommitted(StoredMerchant stored)
    {
        lock (gate)
        {
            if (CurrentOf(cache.Peek(stored.Record.MerchantId)) is not { } cached || cached.Position.Revision < stored.Position.Revision)
            {
                Set(stored);
            }
        }
    }

    public void Remove(string merchantId) => cache.Remove(merchantId);

    /// <summary>Removes a merchant that is cached as it was before a commit; what it remembers is kept for <see cref="FindEarlier"/>.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="committed">The position of the commit. It may be older than what is cached.</param>
    public void RemoveIfBehind(string merchantId, HistoryPosition committed)
    {
        lock (gate)
        {
            if (CurrentOf(cache.Peek(merchantId)) is not { } cached
                || cached.Position == committed
                || cached.Position.Revision > committed.Revision)
            {
                return;
            }

            if (EarlierOf(cache.Peek(merchantId)) is { } earlier)
            {
                SetWithoutRequests(merchantId, current: null, earlier);
            }
            else
            {
                Remove(merchantId);
            }
        }
    }

    private void SetWithoutRequests(string merchantId, StoredMerchant? current, StoredMerchant earlier) => cache.Set(
        merchantId,
        new WithoutRequests(current, earlier),
        CacheSize.Of(earlier.Record) + (current is null ? 0 : CacheSize.Of(current.Record)));

    private static StoredMerchant? CurrentOf(object? entry) => entry switch
    {
        StoredMerchant cached => cached,
        WithoutRequests { Current: var current } => current,
        _ => null,
    };

    private static StoredMerchant? EarlierOf(object? entry) => entry switch
    {
        StoredMerchant cached when HasRequests(cached) => cached,
        WithoutRequests { Earlier: var earlier } => earlier,
        _ => null,
    };

    private static bool HasRequests(StoredMerchant stored) => stored.Record.Parts.HasFlag(MerchantParts.Requests);

    // The current merchant, unless it is not known, and the last one whose requests are.
    private sealed record WithoutRequests(StoredMerchant? Current, StoredMerchant Earlier);
}
