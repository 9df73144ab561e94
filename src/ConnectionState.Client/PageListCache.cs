using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using ConnectionStateService.V1;

namespace ConnectionStateService.Client;

/// <summary>
/// Keeps the page lists that a service asks for in memory, and right: each is watched from the first question on. Of more merchants
/// than <see cref="ConnectionStateClientOptions.CachedPageLists"/>, the one that was not asked for the longest is forgotten. Safe for
/// any number of threads; make one and keep it.
/// </summary>
public sealed class PageListCache : IDisposable, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, CacheEntry> entries = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly PageListWatcher watcher;
    private readonly TimeProvider clock;
    private readonly int capacity;
    private bool disposed;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="client">The client to watch with; it must outlive the cache.</param>
    public PageListCache(ConnectionStateClient client)
        : this(client.Watcher, client.Clock, client.Options.CachedPageLists)
    {
    }

    internal PageListCache(PageListWatcher watcher, TimeProvider clock, int capacity) =>
        (this.watcher, this.clock, this.capacity) = (watcher, clock, capacity);

    /// <summary>How many merchants are watched.</summary>
    public int Count => entries.Count;

    /// <summary>
    /// Answers from memory, at once. The first question about a merchant begins the watch and as a rule finds nothing yet: ask the
    /// service then, or wait with <see cref="WaitForAsync"/>.
    /// </summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="found">The page list, and how far it can be relied on.</param>
    /// <returns>False: no list is known yet.</returns>
    /// <exception cref="ObjectDisposedException">The cache is disposed of.</exception>
    public bool TryGet(string merchantId, [NotNullWhen(true)] out CachedPageList? found)
    {
        found = EntryOf(merchantId)?.Get();
        return found is not null;
    }

    /// <summary>
    /// Waits until a merchant's page list is as it should be, such as after a change that was made elsewhere. Only a live list
    /// counts. Without a cancellation token it may wait for ever.
    /// </summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="predicate">What the list should be like; asked at each confirmation again, so it must be quick, and must not
    /// use the cache.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConnectionStateException">The merchant cannot be watched: its id is none, or the caller may not.</exception>
    /// <exception cref="InvalidOperationException">The cache is full of merchants that are waited for.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled, or the merchant forgotten meanwhile.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed of.</exception>
    public Task<CachedPageList> WaitForAsync(
        string merchantId, Func<PageList, bool> predicate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        CacheEntry entry;
        CacheWaiter waiter;
        lock (gate)
        {
            entry = EntryOf(merchantId) ?? throw new InvalidOperationException($"All {capacity} merchants in the cache are waited for.");
            waiter = entry.Add(predicate);
        }

        return entry.WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Stops watching a merchant. Who waits for it gets an <see cref="OperationCanceledException"/>.</summary>
    /// <returns>False: it was not watched.</returns>
    public bool Forget(string merchantId)
    {
        lock (gate)
        {
            if (!entries.TryRemove(merchantId, out var entry))
            {
                return false;
            }

            entry.Dispose();
            return true;
        }
    }

    /// <summary>Stops watching everything.</summary>
    public void Dispose() => StopAll();

    /// <summary>Stops watching everything, and waits until it has stopped.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(StopAll().Select(entry => entry.Ended)).ConfigureAwait(false);

    private CacheEntry[] StopAll()
    {
        CacheEntry[] watched;
        lock (gate)
        {
            disposed = true;
            watched = [.. entries.Values];
            entries.Clear();
        }

        foreach (var entry in watched)
        {
            entry.Dispose();
        }

        return watched;
    }

    private CacheEntry? EntryOf(string merchantId)
    {
        ArgumentException.ThrowIfNullOrEmpty(merchantId);
        if (entries.TryGetValue(merchantId, out var known) && !known.IsSpent)
        {
            return known;
        }

        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (entries.TryGetValue(merchantId, out known) && !known.IsSpent)
            {
                return known;
            }

            return entries.ContainsKey(merchantId) || MakeRoom() ? entries[merchantId] = new CacheEntry(watcher, merchantId, clock) : null;
        }
    }

    private bool MakeRoom()
    {
        if (entries.Count < capacity)
        {
            return true;
        }

        var oldest = entries.Where(e => !e.Value.IsWaitedFor).OrderBy(e => e.Value.AskedAt).FirstOrDefault();
        return oldest.Key is not null && Forget(oldest.Key);
    }
}
