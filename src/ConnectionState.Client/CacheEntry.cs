using System.Collections.Immutable;
using ConnectionStateService.V1;

namespace ConnectionStateService.Client;

/// <summary>One merchant in the cache: its watch, its newest page list and the callers that wait for a condition.</summary>
internal sealed class CacheEntry : IDisposable
{
    // A watch that failed permanently is not started again with every request.
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(5);

    private readonly object gate = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CacheSource source;
    private readonly TimeProvider clock;

    // Not disposed: callers may stop the watch at any time, also after it has ended, and the source holds no unmanaged resource.
    private readonly CancellationTokenSource stop = new();
    private ImmutableList<CacheWaiter> waiters = [];
    private PageListUpdate? latest;
    private Exception? failure;
    private long confirmedAt;
    private long endedAt;
    private long askedAt;

    public CacheEntry(CacheSource source, string merchantId, TimeProvider clock)
    {
        (this.source, this.clock, MerchantId) = (source, clock, merchantId);
        askedAt = clock.GetTimestamp();
    }

    public string MerchantId { get; }

    /// <summary>Canceled when the watch must stop.</summary>
    public CancellationToken Stopped => stop.Token;

    /// <summary>Completes when the watch has ended. Never fails.</summary>
    public Task Ended => ended.Task;

    public bool HasWaiters => !waiters.IsEmpty;

    /// <summary>The time since the last request.</summary>
    public TimeSpan IdleTime => clock.GetElapsedTime(Volatile.Read(ref askedAt));

    /// <summary>True if the watch ended long enough ago to start another one.</summary>
    public bool CanRestart => Ended.IsCompleted && clock.GetElapsedTime(Volatile.Read(ref endedAt)) >= RestartDelay;

    public CachedPageList? Get()
    {
        Volatile.Write(ref askedAt, clock.GetTimestamp());
        lock (gate)
        {
            return Latest();
        }
    }

    /// <summary>Returns the newest list, or null if there is none, without counting as a request.</summary>
    public PageList? Peek() => Volatile.Read(ref latest)?.PageList;

    /// <summary>Adds a caller that waits. The entry stays in the cache until the wait is over.</summary>
    public CacheWaiter AddWaiter(Func<PageList, bool> predicate)
    {
        var waiter = new CacheWaiter(predicate);
        ImmutableInterlocked.Update(ref waiters, all => all.Add(waiter));
        return waiter;
    }

    /// <summary>Waits until the live list satisfies the condition. Predicates are the caller's code and never run under a lock.</summary>
    public async Task<CachedPageList> WaitAsync(CacheWaiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            CachedPageList? known;
            lock (gate)
            {
                known = Latest();
                if (failure is not null)
                {
                    waiter.Fail(failure);
                }
            }

            if (known is { IsLive: true })
            {
                waiter.TryComplete(known);
            }

            return await waiter.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ImmutableInterlocked.Update(ref waiters, all => all.Remove(waiter));
            Volatile.Write(ref askedAt, clock.GetTimestamp());
        }
    }

    /// <summary>Stops the watch. Waiting callers get an <see cref="OperationCanceledException"/>.</summary>
    public void Dispose()
    {
        stop.Cancel();
        source.Stop(this);
    }

    /// <summary>Takes an update of the watch. Updates must not come concurrently.</summary>
    public void Apply(PageListUpdate update)
    {
        CachedPageList? now;
        lock (gate)
        {
            latest = update;
            if (!update.IsLive)
            {
                return;
            }

            confirmedAt = clock.GetTimestamp();
            now = Latest();
        }

        if (now is not null)
        {
            waiters.ForEach(waiter => waiter.TryComplete(now));
        }
    }

    /// <summary>Notes that the newest list is current, if it is live.</summary>
    public void Confirm()
    {
        CachedPageList? now;
        lock (gate)
        {
            if (latest is not { IsLive: true })
            {
                return;
            }

            confirmedAt = clock.GetTimestamp();
            now = waiters.IsEmpty ? null : Latest();
        }

        if (now is not null)
        {
            waiters.ForEach(waiter => waiter.TryComplete(now));
        }
    }

    /// <summary>Ends the entry: its watch has ended. Only the first call counts.</summary>
    public void End(Exception exception)
    {
        lock (gate)
        {
            if (failure is not null)
            {
                return;
            }

            failure = exception;
            Volatile.Write(ref endedAt, clock.GetTimestamp());
        }

        waiters.ForEach(waiter => waiter.Fail(exception));
        ended.TrySetResult();
    }

    private CachedPageList? Latest() => failure is null && latest?.PageList is { } list
        ? new CachedPageList(list, latest.IsLive, clock.GetElapsedTime(confirmedAt))
        : null;
}
