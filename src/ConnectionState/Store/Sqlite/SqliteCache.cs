namespace ConnectionStateService.Store.Sqlite;

/// <summary>A merchant in the cache.</summary>
/// <param name="Stored">The merchant.</param>
/// <param name="EncodedSize">The size of the encoded record, in bytes.</param>
/// <param name="IsIndexed">
/// Whether the writer has written the merchant since the file was opened, so that its history, page index and deadline match the record. They
/// may not after a row was restored from a backup.
/// </param>
/// <param name="Due">The stored deadline in milliseconds since 1970, or null for none. Unknown unless <paramref name="IsIndexed"/>.</param>
internal sealed record CachedMerchant(StoredMerchant Stored, int EncodedSize, bool IsIndexed, long? Due);

/// <summary>
/// The merchants that were read or written last. What the cache holds is what the database holds, because this process is the only writer of
/// its file: the writer publishes a commit here after the flush and before it acknowledges. Thread-safe.
/// </summary>
/// <remarks>
/// Between COMMIT and <see cref="Publish"/>, the database may be ahead of the cache. During that time nothing is read into the cache for
/// the merchants of the transaction, and whoever has seen more than the cache holds removes its entry first (<see cref="Reveal"/>), so that
/// nobody goes back in time.
/// </remarks>
/// <param name="capacity">The maximum size in bytes, by the estimate of <see cref="CacheSize"/>; 0 for no cache.</param>
internal sealed class SqliteCache(long capacity)
{
    // Merchants share counters: a collision only keeps a merchant from being cached by one read.
    private const int Counters = 1024;

    private readonly BoundedCache<CachedMerchant> cache = new(capacity);
    private readonly long[] changes = new long[Counters];
    private readonly HashSet<string> committing = [];
    private readonly Lock gate = new();
    private volatile bool isCommitting;

    /// <summary>Returns a cached merchant, or null.</summary>
    public CachedMerchant? Find(string merchantId) => cache.Find(merchantId);

    /// <summary>Returns a stamp for <see cref="Fill"/>. Take it before reading the database.</summary>
    public long Stamp(string merchantId) => Volatile.Read(ref Changes(merchantId));

    /// <summary>Adds a merchant that was read from the database, unless it may have changed since the stamp was taken.</summary>
    public void Fill(CachedMerchant read, long stamp)
    {
        var merchantId = read.Stored.Record.MerchantId;
        lock (gate)
        {
            if (Stamp(merchantId) == stamp && !committing.Contains(merchantId))
            {
                Set(merchantId, read);
            }
        }
    }

    /// <summary>Marks merchants whose changes become visible in the database before the cache has them.</summary>
    public void BeginCommit(Dictionary<string, CachedMerchant> changed)
    {
        lock (gate)
        {
            foreach (var merchantId in changed.Keys)
            {
                Changes(merchantId)++;
                committing.Add(merchantId);
            }

            isCommitting = committing.Count > 0;
        }
    }

    /// <summary>Replaces merchants after their transaction was flushed.</summary>
    public void Publish(Dictionary<string, CachedMerchant> changed)
    {
        lock (gate)
        {
            foreach (var (merchantId, merchant) in changed)
            {
                Changes(merchantId)++;
                Set(merchantId, merchant);
            }

            EndCommit();
        }
    }

    /// <summary>Removes merchants whose transaction failed.</summary>
    public void Abandon(Dictionary<string, CachedMerchant> changed)
    {
        lock (gate)
        {
            foreach (var merchantId in changed.Keys)
            {
                Changes(merchantId)++;
                cache.Remove(merchantId);
            }

            EndCommit();
        }
    }

    /// <summary>
    /// Called after a read of the database and before its result is used: removes the merchants that it may have seen in a newer state than
    /// the cache has.
    /// </summary>
    /// <param name="merchantId">The merchant that was read, or null if it may be any.</param>
    public void Reveal(string? merchantId)
    {
        if (!isCommitting)
        {
            return;
        }

        lock (gate)
        {
            foreach (var changing in committing.Where(id => merchantId is null || id == merchantId))
            {
                cache.Remove(changing);
            }
        }
    }

    /// <summary>Removes everything.</summary>
    public void Clear()
    {
        lock (gate)
        {
            for (var i = 0; i < changes.Length; i++)
            {
                changes[i]++;
            }

            cache.Clear();
        }
    }

    private ref long Changes(string merchantId) => ref changes[(uint)merchantId.GetHashCode(StringComparison.Ordinal) % Counters];

    private void EndCommit()
    {
        committing.Clear();
        isCommitting = false;
    }

    private void Set(string merchantId, CachedMerchant merchant) => cache.Set(merchantId, merchant, CacheSize.Of(merchant.EncodedSize));
}
