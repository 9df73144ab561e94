using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using ConnectionStateService.V1;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Client;

/// <summary>
/// Keeps page lists in memory, current by one stream of the server for all merchants. The first request for a merchant adds it to the stream; it is
/// removed when it is not requested for <see cref="ConnectionStateClientOptions.CacheIdleTimeout"/>. A full cache
/// (<see cref="ConnectionStateClientOptions.CacheCapacity"/>) replaces a merchant that was not requested for 30 seconds. If it finds none,
/// <see cref="TryGet"/> returns false for a merchant that is not in the cache. Thread-safe; create one and keep it.
/// </summary>
public sealed class PageListCache : IPageListCache, IDisposable, IAsyncDisposable
{
    // Merchants in use are not replaced: a working set above the capacity would otherwise open a stream with every request.
    private static readonly TimeSpan MinIdleTimeToReplace = TimeSpan.FromSeconds(30);

    // Bounds the work under the lock; the next request continues where this one stopped.
    private const int MaxProbes = 8;

    private readonly ConcurrentDictionary<string, CacheEntry> entries = new(StringComparer.Ordinal);

    // The candidates for replacement; may contain entries that are no longer in the cache.
    private readonly Queue<CacheEntry> candidates = new();
    private readonly object gate = new();
    private readonly CacheSource source;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly ClientMetrics metrics;
    private readonly int capacity;
    private readonly TimeSpan idleTimeout;
    private readonly ITimer sweep;
    private bool reportedFull;
    private bool disposed;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="client">The client to watch with; it must outlive the cache.</param>
    public PageListCache(ConnectionStateClient client)
        : this(NotNull(client).CreateCacheSource(), client.Options, client.Clock, client.CreateLogger<PageListCache>(), client.Metrics)
    {
    }

    internal PageListCache(CacheSource source, ConnectionStateClientOptions options, TimeProvider clock, ILogger logger, ClientMetrics metrics)
    {
        (this.source, this.clock, this.logger, this.metrics) = (source, clock, logger, metrics);
        (capacity, idleTimeout) = (options.CacheCapacity, options.CacheIdleTimeout);
        sweep = StartSweep();
    }

    /// <summary>The number of merchants in the cache.</summary>
    public int Count => entries.Count;

    /// <inheritdoc/>
    public bool TryGet(string merchantId, [NotNullWhen(true)] out CachedPageList? found)
    {
        if (merchantId is null || !entries.TryGetValue(merchantId, out var entry) || entry.CanRestart)
        {
            MerchantId.ThrowIfInvalid(merchantId!);
            CacheEntry? replaced;
            lock (gate)
            {
                entry = GetOrAdd(merchantId!, mustAdd: false, out replaced);
            }

            replaced?.Dispose();
        }

        found = entry?.Get();
        metrics.CacheRequest((entry, found) switch
        {
            (null, _) => "full",
            (_, null) => "miss",
            _ => found.IsLive ? "live" : "stale",
        });
        return found is not null;
    }

    /// <inheritdoc/>
    public Task<CachedPageList> WaitForAsync(
        string merchantId, Func<PageList, bool> predicate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        MerchantId.ThrowIfInvalid(merchantId);
        CacheEntry entry;
        CacheEntry? replaced;
        CacheWaiter waiter;
        lock (gate)
        {
            entry = GetOrAdd(merchantId, mustAdd: true, out replaced)
                ?? throw new InvalidOperationException($"Callers are waiting for all {capacity} merchants in the cache.");
            waiter = entry.AddWaiter(predicate);
        }

        replaced?.Dispose();
        return entry.WaitAsync(waiter, cancellationToken);
    }

    /// <inheritdoc/>
    public bool Forget(string merchantId)
    {
        ArgumentException.ThrowIfNullOrEmpty(merchantId);
        CacheEntry? entry;
        lock (gate)
        {
            if (!entries.TryRemove(merchantId, out entry))
            {
                return false;
            }

            metrics.CacheEntries(-1);
        }

        entry.Dispose();
        return true;
    }

    /// <summary>Returns a merchant's list if it is in the cache, or null. Not a request: it starts no watch and keeps none.</summary>
    internal PageList? Peek(string merchantId) => entries.TryGetValue(merchantId, out var entry) ? entry.Peek() : null;

    /// <summary>Stops all watches.</summary>
    public void Dispose() => StopAll();

    /// <summary>Stops all watches and waits until they have stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(StopAll().Select(entry => entry.Ended)).ConfigureAwait(false);
        await source.UntilIdleAsync().ConfigureAwait(false);
    }

    private static ConnectionStateClient NotNull(ConnectionStateClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client;
    }

    private ITimer StartSweep()
    {
        var period = TimeSpan.FromTicks(Math.Max(idleTimeout.Ticks / 4, TimeSpan.TicksPerSecond / 4));
        if (ExecutionContext.IsFlowSuppressed())
        {
            return clock.CreateTimer(_ => RemoveIdle(), null, period, period);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return clock.CreateTimer(_ => RemoveIdle(), null, period, period);
        }
    }

    private CacheEntry[] StopAll()
    {
        CacheEntry[] stopped;
        lock (gate)
        {
            disposed = true;
            stopped = [.. entries.Values];
            metrics.CacheEntries(-stopped.Length);
            entries.Clear();
            candidates.Clear();
        }

        sweep.Dispose();
        foreach (var entry in stopped)
        {
            entry.Dispose();
        }

        return stopped;
    }

    // Runs under the lock. The caller disposes the replaced entry outside of it, since that runs cancellation callbacks.
    private CacheEntry? GetOrAdd(string merchantId, bool mustAdd, out CacheEntry? replaced)
    {
        replaced = null;
        ObjectDisposedException.ThrowIf(disposed, this);
        if (entries.TryGetValue(merchantId, out var known))
        {
            return known.CanRestart ? Add(merchantId) : known;
        }

        if (entries.Count >= capacity && !TryReplace(mustAdd, out replaced))
        {
            return null;
        }

        metrics.CacheEntries(1);
        return Add(merchantId);
    }

    private CacheEntry Add(string merchantId)
    {
        var entry = new CacheEntry(source, merchantId, clock);
        entries[merchantId] = entry;
        candidates.Enqueue(entry);
        source.Start(entry);
        return entry;
    }

    private bool TryReplace(bool mustAdd, [NotNullWhen(true)] out CacheEntry? replaced)
    {
        replaced = Probe(MaxProbes, entry => entry.Ended.IsCompleted || entry.IdleTime >= MinIdleTimeToReplace)
            ?? (mustAdd ? Probe(candidates.Count, _ => true) : null);
        if (replaced is null)
        {
            if (!reportedFull)
            {
                reportedFull = true;
                Log.CacheFull(logger, capacity);
            }

            return false;
        }

        entries.TryRemove(replaced.MerchantId, out _);
        metrics.CacheEntries(-1);
        metrics.CacheEviction("capacity");
        return true;
    }

    private CacheEntry? Probe(int count, Func<CacheEntry, bool> canReplace)
    {
        for (var probe = 0; probe < count && candidates.TryDequeue(out var entry); probe++)
        {
            if (!IsCurrent(entry))
            {
                continue;
            }

            if (!entry.HasWaiters && canReplace(entry))
            {
                return entry;
            }

            candidates.Enqueue(entry);
        }

        return null;
    }

    private bool IsCurrent(CacheEntry entry) => entries.TryGetValue(entry.MerchantId, out var current) && current == entry;

    private void RemoveIdle()
    {
        foreach (var entry in entries.Values.Where(IsIdle))
        {
            lock (gate)
            {
                if (!IsIdle(entry) || !entries.TryRemove(KeyValuePair.Create(entry.MerchantId, entry)))
                {
                    continue;
                }

                metrics.CacheEntries(-1);
            }

            metrics.CacheEviction("idle");
            entry.Dispose();
        }

        lock (gate)
        {
            reportedFull &= entries.Count >= capacity;
            if (candidates.Count > 2 * entries.Count)
            {
                var current = candidates.Where(IsCurrent).ToList();
                candidates.Clear();
                current.ForEach(candidates.Enqueue);
            }
        }
    }

    private bool IsIdle(CacheEntry entry) => !entry.HasWaiters && entry.IdleTime >= idleTimeout;
}
