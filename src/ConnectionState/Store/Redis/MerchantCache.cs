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

    /// <summary>Returns the cached merchant, or null.</summary>
    public StoredMerchant? TryGetCached(string merchantId) => cache.Get<StoredMerchant>(merchantId);

    public void Set(StoredMerchant stored) =>
        cache.Set(stored.Record.MerchantId, stored, new MemoryCacheEntryOptions { Size = 1 });

    public void Remove(string merchantId) => cache.Remove(merchantId);

    /// <summary>Removes a merchant unless it is cached at the given position.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="position">The position as <see cref="RedisRecord.PositionLine"/> writes it, without the line end.</param>
    public void RemoveUnlessAt(string merchantId, string position)
    {
        if (TryGetCached(merchantId) is { } cached && !RedisRecord.PositionLine(cached.Position).AsSpan().TrimEnd('\n').SequenceEqual(position))
        {
            Remove(merchantId);
        }
    }

    public void Dispose() => cache.Dispose();
}
