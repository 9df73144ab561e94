using ConnectionState.V1;

namespace ConnectionState.Client;

/// <summary>One merchant in the cache: its watch, what it said last, and who waits for what.</summary>
internal sealed class CacheEntry : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<Waiter> waiters = [];
    private readonly CancellationTokenSource stopped = new();
    private readonly TimeProvider clock;
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

    public bool IsWaitedFor
    {
        get
        {
            lock (gate)
            {
                return waiters.Count > 0;
            }
        }
    }

    public CachedPageList? Get()
    {
        Volatile.Write(ref askedAt, clock.GetTimestamp());
        lock (gate)
        {
            return Latest();
        }
    }

    public async Task<CachedPageList> WaitForAsync(Func<PageList, bool> predicate, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(predicate);
        lock (gate)
        {
            if (over is not null)
            {
                waiter.Fail(over);
            }
            else if (Latest() is not { IsLive: true } known || !waiter.TryFinish(known))
            {
                waiters.Add(waiter);
            }
        }

        try
        {
            return await waiter.Found.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (gate)
            {
                waiters.Remove(waiter);
            }

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
            Fail(e);
        }
    }

    private void Take(PageListUpdate update)
    {
        lock (gate)
        {
            latest = update;
            if (!update.IsLive)
            {
                return;
            }

            confirmedAt = clock.GetTimestamp();
            if (Latest() is { } now)
            {
                waiters.RemoveAll(waiter => waiter.TryFinish(now));
            }
        }
    }

    private void Fail(Exception exception)
    {
        lock (gate)
        {
            over = exception;
            waiters.ForEach(waiter => waiter.Fail(exception));
            waiters.Clear();
        }
    }

    private CachedPageList? Latest() => latest?.PageList is { } list
        ? new CachedPageList(list, latest.IsLive, clock.GetElapsedTime(confirmedAt))
        : null;

    private sealed class Waiter(Func<PageList, bool> predicate)
    {
        private readonly TaskCompletionSource<CachedPageList> found = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<CachedPageList> Found => found.Task;

        /// <summary>Whether nothing is waited for any more: the list is as it should be, or the predicate failed.</summary>
        public bool TryFinish(CachedPageList list)
        {
            try
            {
                return predicate(list.PageList) && found.TrySetResult(list);
            }
            catch (Exception e)
            {
                Fail(e);
                return true;
            }
        }

        public void Fail(Exception exception) => found.TrySetException(exception);
    }
}
