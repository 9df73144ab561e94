using System.Collections.Immutable;
using System.Threading.Channels;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;

namespace ConnectionStateService.Watch;

/// <summary>
/// Reads one merchant's history for all streams that watch the merchant. A single loop reads the store and sends the events, so streams
/// need no ordering among themselves. Notifications, new streams and reconciliation only wake the loop.
/// </summary>
internal sealed partial class MerchantFeed(
    string merchantId,
    IMerchantRecords records,
    IMerchantHistory history,
    Instruments instruments,
    WatchOptions options,
    TimeProvider clock,
    ILogger logger)
{
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { SingleReader = true });
    private ImmutableList<WatchStream> streams = [];

    // Guarded by the gate.
    private bool needsRead;
    private HistoryPosition? confirmed;

    // The position of all streams that have started. Written by the loop only.
    private HistoryPosition head;

    // Used by the loop only.
    private int failedReads;
    private ITimer? retry;

    /// <summary>The number of streams.</summary>
    public int Count => streams.Count;

    /// <summary>Starts the loop.</summary>
    public void Start()
    {
        // The loop outlives the call that starts it, so it must not capture that call's context.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(RunAsync);
        }
    }

    /// <summary>Ends the loop. Streams that are still open receive nothing more.</summary>
    public void Stop() => wake.Writer.TryComplete();

    /// <summary>Adds a stream. Its first event comes from a read that begins after this call.</summary>
    public void Add(WatchStream stream)
    {
        ImmutableInterlocked.Update(ref streams, all => all.Add(stream));
        Hint();
    }

    public void Remove(WatchStream stream) => ImmutableInterlocked.Update(ref streams, all => all.Remove(stream));

    /// <summary>Makes the loop read the store, because there may be new commits.</summary>
    public void Hint()
    {
        lock (gate)
        {
            needsRead = true;
        }

        wake.Writer.TryWrite(true);
    }

    /// <summary>Compares the stream position with the merchant's position in the store: confirms it, or makes the loop read.</summary>
    public void Reconcile(HistoryPosition stored)
    {
        lock (gate)
        {
            if (head == stored)
            {
                confirmed = stored;
            }
            else
            {
                needsRead = true;
            }
        }

        wake.Writer.TryWrite(true);
    }

    private async Task RunAsync()
    {
        while (await wake.Reader.WaitToReadAsync())
        {
            wake.Reader.TryRead(out _);
            await RunOnceAsync();
        }

        retry?.Dispose();
    }

    private async Task RunOnceAsync()
    {
        bool read;
        HistoryPosition? current;
        lock (gate)
        {
            (read, needsRead, current, confirmed) = (needsRead, false, confirmed, null);
        }

        // Taken after the flags: a stream that is added later has requested a read of its own.
        var all = streams;
        try
        {
            if (read)
            {
                await CatchUpAsync(all);
                failedReads = 0;
                retry?.Dispose();
                retry = null;
            }

            if (current == head)
            {
                SendCheckpoints(all);
            }
        }
        catch (StoreUnavailableException e)
        {
            // Streams that have not started fail. The others stay open and catch up when the store answers again.
            all.FindAll(stream => !stream.HasStarted).ForEach(stream => stream.Fail(e));
            RetryLater(e);
        }
        catch (Exception e)
        {
            all.ForEach(stream => stream.Fail(e));
        }
    }

    private async Task CatchUpAsync(ImmutableList<WatchStream> all)
    {
        var started = all.Where(s => s.HasStarted).ToList();
        var (current, newer) = await ReadAsync(withCommits: started.Count > 0);
        if (started.Count > 0 && current.Position != head)
        {
            var watchEvent = CatchUp.From(head, current, newer) is WatchEvent.Changes changes ? changes : await CatchUpFromAsync(head, current);
            started.ForEach(stream => Send(stream, watchEvent));
        }

        lock (gate)
        {
            head = current.Position;
        }

        var initial = new WatchEvent.Snapshot(current, SnapshotReason.Initial);
        foreach (var stream in all.Where(s => !s.HasStarted))
        {
            Send(stream, stream.From is { } from ? await CatchUpFromAsync(from, current) : initial);
        }
    }

    // The commits are asked for before the merchant is known, so that both take one round trip to the store. They need not lead to the merchant.
    private async ValueTask<(StoredMerchant Current, ImmutableArray<Commit> Newer)> ReadAsync(bool withCommits)
    {
        var reading = records.ReadAsync(merchantId, MerchantParts.PageList, CancellationToken.None).AsTask();
        var newer = withCommits && records.TryGetCached(merchantId)?.Position != head ? TryReadNewerAsync() : Task.FromResult<ImmutableArray<Commit>>([]);
        await Task.WhenAll(reading, newer);
        return (await reading, await newer);
    }

    private async Task<ImmutableArray<Commit>> TryReadNewerAsync()
    {
        try
        {
            return await history.ReadCommitsAsync(merchantId, head.Revision, CatchUp.MaxChanges, CancellationToken.None);
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
                ? await history.ReadCommitsAsync(merchantId, from.Revision, CatchUp.MaxChanges, CancellationToken.None)
                : [];
            return CatchUp.From(from, current, commits);
        }
        catch (RecordUnreadableException e)
        {
            // The page list itself is readable. An unreadable history entry is treated like a trimmed one.
            instruments.UnreadableRecords.Add(1);
            Log.HistoryUnreadable(logger, merchantId, e);
            return new WatchEvent.Snapshot(current, SnapshotReason.HistoryTrimmed);
        }
    }

    // Exponential back-off with jitter, so that merchants do not retry together. Without it, a failed read would delay the events until
    // the next reconciliation.
    private void RetryLater(StoreUnavailableException exception)
    {
        if (failedReads == 0)
        {
            Log.StoreUnavailable(logger, merchantId, exception);
        }

        var delay = FirstRetryDelay * Math.Pow(2, failedReads);
        delay = delay < MaxRetryDelay ? delay : MaxRetryDelay;
        failedReads = Math.Min(failedReads + 1, 10);
        retry?.Dispose();
        retry = clock.CreateTimer(
            _ => Hint(), null, delay * (0.5 + (0.5 * Random.Shared.NextDouble())), Timeout.InfiniteTimeSpan);
    }

    // The idle time is jittered, so that not all streams get their checkpoint at once. It is short enough that the next reconciliation
    // is still within the checkpoint interval.
    private void SendCheckpoints(ImmutableList<WatchStream> all)
    {
        var checkpoint = new WatchEvent.Checkpoint(head);
        foreach (var stream in all)
        {
            var idle = options.CheckpointInterval * (1 + Random.Shared.NextDouble()) / 3;
            if (stream.HasStarted && clock.GetElapsedTime(stream.LastEventAt) >= idle)
            {
                Send(stream, checkpoint);
            }
        }
    }

    private void Send(WatchStream stream, WatchEvent watchEvent)
    {
        if (!stream.Enqueue(watchEvent, clock.GetTimestamp()))
        {
            instruments.StreamsFallenBehind.Add(1);
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
