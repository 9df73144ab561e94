namespace ConnectionStateService.Client;

/// <summary>A merchant of the cache on the shared stream.</summary>
internal sealed class SharedMerchant(CacheEntry entry)
{
    public CacheEntry Entry => entry;

    public string Id => entry.MerchantId;

    /// <summary>Its state across streams. Used by the loop that reads.</summary>
    public WatchState State { get; } = new(entry.MerchantId, resumeToken: null);

    /// <summary>Whether the open stream has sent its list, or confirmed the one that is known.</summary>
    public bool IsOnStream { get; set; }

    /// <summary>How often in a row it could not be added.</summary>
    public int Attempt { get; set; }

    /// <summary>When it is added again.</summary>
    public ITimer? Retry { get; set; }
}
