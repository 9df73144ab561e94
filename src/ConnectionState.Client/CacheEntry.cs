using System.Collections.Immutable;
using ConnectionStateService.V1;

namespace ConnectionStateService.Client;

/// <summary>One merchant in the cache: its watch, what it said last, and who waits for what.</summary>
internal sealed class CacheEntry : IDisposable
{
    // A watch that cannot begin is not begun anew with every question.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopped = new();
    private readonly TimeProvider clock;
    private ImmutableList<CacheWaiter> waiters = [];
    private PageListUpdate? latest;
    private Exception? over;
    private long confirmedAt;
    private long askedAt;

    public CacheEntry(PageListWatcher watcher, string merchantId, TimeProvider clock)
    {
        this.clock = clock;
        askedAt = clock.GetTimestamp();
        Ended = Task.Run(() => FollowAsync(watcher, merchantId));
    }

    /// <summary>Completes when the watch is over; never fails.</summary>
    public Task Ended { get; }

    /// <summary>When it was last asked for; a timestamp of the clock.</summary>
    public long AskedAt => Volatile.Read(ref askedAt);

    public bool IsWaitedFor => !waiters.IsEmpty;

    /// <summary>The watch ended long enough ago to begin another one.</summary>
    public bool IsSpent => Ended.IsCompleted && clock.GetElapsedTime(Volatile.Read(ref confirmedAt)) >= Rest;

    public CachedPageList? Get()
    {
        Volatile.Write(ref askedAt, clock.GetTimestamp());
        lock (gate)
        {
            return Latest();
        }
    }

    /// <summary>Adds somebody who waits; from now on the entry stays in the cache.</summary>
    public CacheWaiter Add(Func<PageList, bool> predicate)
    {
        var waiter = new CacheWaiter(predicate);
        ImmutableInterlocked.Update(ref waiters, all => all.Add(waiter));
        return waiter;
    }

    /// <summary>Waits until the list is as it should be. Predicates are the caller's code, and never run under a lock.</summary>
    public async Task<CachedPageList> WaitAsync(CacheWaiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            CachedPageList? known;
            lock (gate)
            {
                known = Latest();
                if (over is not null)
                {
                    waiter.Fail(over);
                }
            }

            if (known is { IsLive: true })
            {
                waiter.Look(known);
            }

            return await waiter.Found.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ImmutableInterlocked.Update(ref waiters, all => all.Remove(waiter));
            Volatile.Write(ref askedAt, clock.GetTimestamp());
        }
    }

    /// <summary>Stops the watch. Who waits is told that the wait is cancelled.</summary>
    public void Dispose() => stopped.Cancel();

    private async Task FollowAsync(PageListWatcher watcher, string merchantId)
    {
        try
        {
            await foreach (var update in watcher.WatchAsync(merchantId, null, stopped.Token).ConfigureAwait(false))
            {
                Take(update);
            }
        }
        catch (Exception e)
        {
            End(e);
        }
    }

    private void Take(PageListUpdate update)
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
            waiters.ForEach(waiter => waiter.Look(now));
        }
    }

    private void End(Exception exception)
    {
        lock (gate)
        {
            over = exception;
            Volatile.Write(ref confirmedAt, clock.GetTimestamp());
        }

        waiters.ForEach(waiter => waiter.Fail(exception));
        stopped.Dispose();
    }

    private CachedPageList? Latest() => over is null && latest?.PageList is { } list
        ? new CachedPageList(list, latest.IsLive, clock.GetElapsedTime(confirmedAt))
        : null;
}
