using Microsoft.Extensions.Caching.Memory;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// MerchantCommandHandler as this process last saw them, so that the usual commit need not read first. What is remembered may be old: a commit on it
/// is refused by Redis then, and nothing else is ever answered from it.
/// </summary>
internal sealed class MerchantCache(int size) : IDisposable
{
    private readonly MemoryCache cache = new(new MemoryCacheOptions { SizeLimit = size });

    public StoredMerchant? TryGetCached(string merchantId) => cache.Get<StoredMerchant>(merchantId);

    public void Remember(StoredMerchant stored) =>
        cache.Set(stored.Record.MerchantId, stored, new MemoryCacheEntryOptions { Size = 1 });

    public void Forget(string merchantId) => cache.Remove(merchantId);

    /// <summary>Forgets a merchant unless it is remembered at a place.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="unlessAt">The place as <see cref="RedisRecord.PlaceLine"/> writes it, without the end of the line.</param>
    public void Forget(string merchantId, string unlessAt)
    {
        if (TryGetCached(merchantId) is { } known && !RedisRecord.PlaceLine(known.Position).AsSpan().TrimEnd('\n').SequenceEqual(unlessAt))
        {
            Forget(merchantId);
        }
    }

    public void Dispose() => cache.Dispose();
}
