namespace ConnectionStateService.Client;

/// <summary>Where the cache gets its page lists from. Calls of the source into entries may run code of callers: never under a lock.</summary>
internal abstract class CacheSource
{
    /// <summary>Begins to watch the merchant of an entry. Does not block, and calls the entry later only.</summary>
    public abstract void Start(CacheEntry entry);

    /// <summary>Stops watching. The entry ends.</summary>
    public abstract void Stop(CacheEntry entry);

    /// <summary>Waits until nothing is open, once all entries are stopped.</summary>
    public abstract Task UntilIdleAsync();
}
