using System.Runtime.ExceptionServices;
using ConnectionStateService.Core;

namespace ConnectionStateService.Watch;

/// <summary>
/// One open stream: the merchant's feed enqueues events, one caller reads them. Pending events are merged. When more changes are pending
/// than the buffer holds, they are replaced by a snapshot of the newest page list.
/// </summary>
internal sealed class WatchStream(string merchantId, HistoryPosition? from, int bufferedChanges) : IDisposable
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim available = new(0, 1);
    private WatchEvent? pending;

    // Read after the pending event, if both cannot be merged.
    private WatchEvent.Changes? pendingNext;
    private bool hasFallenBehind;
    private Exception? failure;
    private Action? closed;

    public string MerchantId => merchantId;

    /// <summary>The position to resume from, or null to start with a snapshot.</summary>
    public HistoryPosition? From => from;

    /// <summary>Whether the stream has got its first event. From then on it gets every change.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>When the last event was enqueued, as a timestamp of the feed's clock.</summary>
    public long LastEventAt { get; private set; }

    /// <summary>Enqueues an event, without blocking. Ignored after a failure.</summary>
    /// <returns>False if the stream fell behind with this event: the pending changes were replaced by a snapshot.</returns>
    public bool Enqueue(WatchEvent watchEvent, long timestamp)
    {
        (HasStarted, LastEventAt) = (true, timestamp);
        lock (gate)
        {
            if (failure is not null)
            {
                return true;
            }

            var isComplete = Merge(watchEvent);
            Wake();
            return isComplete;
        }
    }

    /// <summary>Makes <see cref="ReadAsync"/> throw the exception once the pending events are read. Only the first call counts.</summary>
    public void Fail(Exception exception)
    {
        lock (gate)
        {
            failure ??= exception;
            Wake();
        }
    }

    /// <summary>Waits for the next event and removes it. Must not be called concurrently.</summary>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public async ValueTask<WatchEvent> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await available.WaitAsync(cancellationToken);
            lock (gate)
            {
                if (pending is { } watchEvent)
                {
                    (pending, pendingNext, hasFallenBehind) = (pendingNext, null, false);
                    if (pending is not null || failure is not null)
                    {
                        Wake();
                    }

                    return watchEvent;
                }

                if (failure is not null)
                {
                    ExceptionDispatchInfo.Throw(failure);
                }
            }
        }
    }

    /// <summary>Registers the action that the first <see cref="Dispose"/> runs.</summary>
    public void OnClosed(Action action) => closed = action;

    public void Dispose() => Interlocked.Exchange(ref closed, null)?.Invoke();

    private void Wake()
    {
        if (available.CurrentCount == 0)
        {
            available.Release();
        }
    }

    private bool Merge(WatchEvent watchEvent)
    {
        switch (watchEvent)
        {
            // Any pending event implies the checkpoint, and the first checkpoint of a resumed stream also carries the record.
            case WatchEvent.Checkpoint when pending is not null:
                return true;

            case WatchEvent.Snapshot snapshot:
                // A copy only if needed: the streams of a merchant share the event and its message.
                var reason = MergeReason(snapshot.Reason);
                (pending, pendingNext) = (reason == snapshot.Reason ? snapshot : snapshot with { Reason = reason }, null);
                return true;

            case WatchEvent.Changes changes:
                return Append(changes);

            default:
                pending = watchEvent;
                return true;
        }
    }

    private bool Append(WatchEvent.Changes changes)
    {
        var buffered = pendingNext ?? pending as WatchEvent.Changes;
        if (buffered is null && pending is not WatchEvent.Snapshot { Reason: SnapshotReason.FellBehind })
        {
            // A single event may exceed the buffer: neither a commit nor the changes that a resumed stream has missed are split.
            (pending, pendingNext) = pending is WatchEvent.Snapshot ? (pending, changes) : (changes, null);
            return true;
        }

        if (buffered is not null && buffered.Count + changes.Count <= bufferedChanges)
        {
            var merged = changes with { Commits = [.. buffered.Commits, .. changes.Commits] };
            (pending, pendingNext) = pendingNext is null ? (merged, null) : (pending, merged);
            return true;
        }

        if (pendingNext is null && buffered?.Count > bufferedChanges && changes.Count <= bufferedChanges)
        {
            // An event that exceeds the buffer does not count: it does not mean that the reader is slow.
            pendingNext = changes;
            return true;
        }

        var fellBehindNow = !hasFallenBehind && buffered is not null;
        var reason = MergeReason(SnapshotReason.FellBehind);
        (pending, pendingNext, hasFallenBehind) = (new WatchEvent.Snapshot(changes.Merchant, reason), null, true);
        return !fellBehindNow;
    }

    // A snapshot that replaces a pending one keeps the reason that matters most to the reader.
    private SnapshotReason MergeReason(SnapshotReason reason) => ((pending as WatchEvent.Snapshot)?.Reason, reason) switch
    {
        (SnapshotReason.Initial, _) => SnapshotReason.Initial,
        (SnapshotReason.HistoryReplaced, _) or (_, SnapshotReason.HistoryReplaced) => SnapshotReason.HistoryReplaced,
        (SnapshotReason.HistoryTrimmed, _) => SnapshotReason.HistoryTrimmed,
        _ => reason,
    };
}
