using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Watch;

/// <summary>
/// Reads one merchant's history for all subscriptions to it. A single loop reads the store and sends the events, so subscriptions need no ordering among
/// themselves. Notifications, new subscriptions and reconciliation only wake the loop. Between, a feed is a small object without a task: a process may
/// have hundreds of thousands.
/// </summary>
internal sealed partial class MerchantFeed(string merchantId, WatchContext context) : IThreadPoolWorkItem
{
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly byte partition = (byte)Store.Partition.Of(merchantId);
    private ImmutableArray<WatchSubscription> subscriptions = [];

    // Guarded by the gate.
    private bool isRunning;
    private bool runsAgain;
    private bool isStopped;
    private bool needsRead;
    private HistoryPosition? stored;
    private long storedRound;

    // The position of all subscriptions that have started. Written by the loop only, under the gate.
    private HistoryPosition head;

    // The last reconciliation that found the head to be current, or began before a read of it; and the last one to which the store did not answer.
    private long confirmedRound;
    private long unansweredRound;

    // Used by the loop only.
    private int failedReads;
    private ITimer? retry;

    public string MerchantId => merchantId;

    /// <summary>The partition of the merchant.</summary>
    public int Partition => partition;

    /// <summary>The number of subscriptions.</summary>
    public int Count => subscriptions.Length;

    /// <summary>The number of streams that are of this merchant alone.</summary>
    public int StreamCount => subscriptions.Count(subscription => subscription is WatchStream);

    /// <summary>Whether the store has confirmed what was enqueued, in this reconciliation or later.</summary>
    public bool IsConfirmed(long round) => Volatile.Read(ref confirmedRound) >= round;

    /// <summary>Whether the store did not say in this reconciliation what is current.</summary>
    public bool IsUnanswered(long round) => Volatile.Read(ref unansweredRound) >= round;

    /// <summary>Ends the loop. Subscriptions receive nothing more.</summary>
    public void Stop()
    {
        lock (gate)
        {
            isStopped = true;
            retry?.Dispose();
        }
    }

    /// <summary>Adds a subscription. Its first event comes from a read that begins after this call.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="isRead">False if the caller reads the position, and then calls <see cref="Reconcile"/>.</param>
    public void Add(WatchSubscription subscription, bool isRead = true)
    {
        ImmutableInterlocked.Update(ref subscriptions, static (all, added) => all.Add(added), subscription);
        if (isRead)
        {
            Hint();
        }
    }

    public void Remove(WatchSubscription subscription) =>
        ImmutableInterlocked.Update(ref subscriptions, static (all, removed) => all.Remove(removed), subscription);

    /// <summary>Makes the loop read the store, because there may be new commits.</summary>
    public void Hint()
    {
        lock (gate)
        {
            needsRead = true;
            Run();
        }
    }

    /// <summary>Compares the position of the subscriptions with the merchant's position in the store: confirms it, or makes the loop read.</summary>
    /// <param name="position">The position in the store, or null if the store did not answer.</param>
    /// <param name="round">The reconciliation that had begun when the position was read.</param>
    public void Reconcile(HistoryPosition? position, long round)
    {
        if (position is null)
        {
            Volatile.Write(ref unansweredRound, round);
            return;
        }

        var all = subscriptions;
        lock (gate)
        {
            if (head != position && all.Any(subscription => subscription.HasStarted))
            {
                needsRead = true;
            }
            else if (head == position && !isRunning && all.All(subscription => subscription is { HasCheckpoints: false, HasStarted: true }))
            {
                confirmedRound = Math.Max(round, confirmedRound);
                return;
            }
            else
            {
                (stored, storedRound) = (position, round);
            }

            Run();
        }
    }

    // Without the context of the caller: the loop outlives the call that starts it.
    private void Run()
    {
        if (isRunning || isStopped)
        {
            runsAgain = true;
            return;
        }

        isRunning = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        do
        {
            await RunOnceAsync();
        }
        while (MustGoOn());
    }

    private bool MustGoOn()
    {
        lock (gate)
        {
            isRunning = runsAgain && !isStopped;
            runsAgain = false;
            return isRunning;
        }
    }

    private async Task RunOnceAsync()
    {
        bool read;
        HistoryPosition? current;
        long round;
        lock (gate)
        {
            (read, needsRead, current, stored, round) = (needsRead, false, stored, null, storedRound);
        }

        // Taken after the flags: a subscription that is added later has requested a read of its own.
        var all = subscriptions;
        try
        {
            if (read || (current is { } position && !TryStartAt(position, all)))
            {
                await CatchUpAsync(all);
                failedReads = 0;
                SetRetry(null);
            }

            if (current == head)
            {
                Confirm(round, all);
                SendCheckpoints(all);
            }
        }
        catch (StoreUnavailableException e)
        {
            // Subscriptions that have not started fail. The others stay open and catch up when the store answers again.
            foreach (var subscription in all.Where(CanStart))
            {
                subscription.Fail(e);
            }

            RetryLater(e, all);
        }
        catch (Exception e)
        {
            foreach (var subscription in all)
            {
                subscription.Fail(e);
            }
        }
    }

    // Starts the subscriptions that resume where the store is: nothing of the merchant needs to be read for them. False if others are to be started.
    private bool TryStartAt(HistoryPosition position, ImmutableArray<WatchSubscription> all)
    {
        if (head != position && all.Any(subscription => subscription.HasStarted))
        {
            return !all.Any(CanStart);
        }

        MoveTo(position);
        WatchEvent.Checkpoint? unchanged = null;
        var isComplete = true;
        foreach (var subscription in all.Where(CanStart))
        {
            // Streams of one merchant get the page list with it.
            if (subscription.From == position && !subscription.HasCheckpoints)
            {
                Send(subscription, unchanged ??= new(position));
            }
            else
            {
                isComplete = false;
            }
        }

        return isComplete;
    }

    private static bool CanStart(WatchSubscription subscription) => subscription is { HasStarted: false, MayStart: true };

    private async Task CatchUpAsync(ImmutableArray<WatchSubscription> all)
    {
        var round = context.Round;
        var (started, others) = (all.RemoveAll(subscription => !subscription.HasStarted), all.RemoveAll(subscription => subscription.HasStarted));
        var (current, newer) = await ReadAsync(withCommits: started.Length > 0);
        if (started.Length > 0 && current.Position != head)
        {
            var watchEvent = CatchUp.From(head, current, newer) is WatchEvent.Changes changes ? changes : await CatchUpFromAsync(head, current);
            foreach (var subscription in started)
            {
                Send(subscription, watchEvent);
            }
        }

        MoveTo(current.Position);
        WatchEvent.Snapshot? initial = null;
        foreach (var subscription in others.Where(CanStart))
        {
            Send(subscription, subscription.From is { } from
                ? subscription.Begin(await CatchUpFromAsync(from, current))
                : initial ??= new(current, SnapshotReason.Initial));
        }

        Confirm(round, all);
    }

    private void Confirm(long round, ImmutableArray<WatchSubscription> all)
    {
        lock (gate)
        {
            confirmedRound = Math.Max(round, confirmedRound);
        }

        foreach (var subscription in all)
        {
            subscription.OnRead();
        }
    }

    private void MoveTo(HistoryPosition position)
    {
        lock (gate)
        {
            head = position;
        }
    }

    // The commits are asked for before the merchant is known, so that both take one round trip to the store. They need not lead to the merchant.
    private async ValueTask<(StoredMerchant Current, ImmutableArray<Commit> Newer)> ReadAsync(bool withCommits)
    {
        var reading = context.Records.ReadAsync(merchantId, MerchantParts.PageList, CancellationToken.None).AsTask();
        var newer = withCommits && context.Records.TryGetCached(merchantId)?.Position != head ? TryReadNewerAsync() : Task.FromResult<ImmutableArray<Commit>>([]);
        await Task.WhenAll(reading, newer);
        return (await reading, await newer);
    }

    private async Task<ImmutableArray<Commit>> TryReadNewerAsync()
    {
        try
        {
            return await context.History.ReadCommitsAsync(merchantId, head.Revision, CatchUp.MaxChanges, CancellationToken.None);
        }
        catch (RecordUnreadableException)
        {
            // They are read again, if the merchant has changed.
            return [];
        }
    }

    private async ValueTask<WatchEvent> CatchUpFromAsync(HistoryPosition from, StoredMerchant current)
    {
        try
        {
            var commits = current.Position.Revision > from.Revision
                ? await context.History.ReadCommitsAsync(merchantId, from.Revision, CatchUp.MaxChanges, CancellationToken.None)
                : [];
            return CatchUp.From(from, current, commits);
        }
        catch (RecordUnreadableException e)
        {
            // The page list itself is readable. An unreadable history entry is treated like a trimmed one.
            context.Instruments.UnreadableRecords.Add(1);
            Log.HistoryUnreadable(context.Logger, merchantId, e);
            return new WatchEvent.Snapshot(current, SnapshotReason.HistoryTrimmed);
        }
    }

    // Exponential back-off with jitter, so that merchants do not retry together. Without it, a failed read would delay the events until
    // the next reconciliation.
    private void RetryLater(StoreUnavailableException exception, ImmutableArray<WatchSubscription> all)
    {
        // Many merchants may be added at once during an outage; each gets the failure.
        if (failedReads == 0 && all.Any(subscription => subscription.HasCheckpoints || subscription.HasStarted))
        {
            Log.StoreUnavailable(context.Logger, merchantId, exception);
        }

        var delay = FirstRetryDelay * Math.Pow(2, failedReads);
        delay = delay < MaxRetryDelay ? delay : MaxRetryDelay;
        failedReads = Math.Min(failedReads + 1, 10);
        SetRetry(context.Clock.CreateTimer(
            _ => Hint(), null, delay * (0.5 + (0.5 * Random.Shared.NextDouble())), Timeout.InfiniteTimeSpan));
    }

    private void SetRetry(ITimer? timer)
    {
        lock (gate)
        {
            retry?.Dispose();
            retry = timer;
            if (isStopped)
            {
                timer?.Dispose();
            }
        }
    }

    private void SendCheckpoints(ImmutableArray<WatchSubscription> all)
    {
        var checkpoint = new WatchEvent.Checkpoint(head);
        foreach (var subscription in all)
        {
            if (subscription is { HasCheckpoints: true, HasStarted: true } && context.Clock.GetElapsedTime(subscription.LastEventAt) >= context.NextIdleTime())
            {
                Send(subscription, checkpoint);
            }
        }
    }

    private void Send(WatchSubscription subscription, WatchEvent watchEvent)
    {
        if (!subscription.Enqueue(watchEvent, context.Clock.GetTimestamp()))
        {
            context.Instruments.StreamsFallenBehind.Add(1);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Warning, "Cannot read merchant {Merchant} for its watches: the store is unavailable. Retrying.")]
        public static partial void StoreUnavailable(ILogger logger, string merchant, Exception exception);

        [LoggerMessage(4002, LogLevel.Error, "Cannot read the history of merchant {Merchant}. Its watches get a snapshot instead of the changes.")]
        public static partial void HistoryUnreadable(ILogger logger, string merchant, Exception exception);
    }
}
