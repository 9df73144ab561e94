using ConnectionStateService.Core;

namespace ConnectionStateService.Watch;

/// <summary>
/// Receives the events of one merchant from its feed. Pending events are merged. When more changes are pending than the buffer holds, they are replaced by
/// a snapshot of the newest page list.
/// </summary>
internal abstract class WatchSubscription(string merchantId, HistoryPosition? from)
{
    private WatchEvent? pending;

    // Read after the pending event, if both cannot be merged.
    private WatchEvent.Changes? pendingNext;
    private bool hasFallenBehind;
    private Exception? failure;

    public string MerchantId => merchantId;

    /// <summary>The position to resume from, or null to start with a snapshot.</summary>
    public HistoryPosition? From { get; protected set; } = from;

    /// <summary>Whether the subscription has got its first event. From then on it gets every change.</summary>
    public bool HasStarted { get; protected set; }

    /// <summary>Whether the feed may send the first event.</summary>
    public virtual bool MayStart => true;

    /// <summary>Whether the checkpoints are the subscription's own. Otherwise they are for many merchants together.</summary>
    public virtual bool HasCheckpoints => true;

    /// <summary>When the last event was enqueued, as a timestamp of the feed's clock.</summary>
    public long LastEventAt { get; private set; }

    /// <summary>Guards what is pending.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>The maximum number of pending changes.</summary>
    protected abstract int BufferedChanges { get; }

    /// <summary>The number of pending changes; a snapshot counts as one.</summary>
    protected int PendingChanges => CountOf(pending) + CountOf(pendingNext);

    /// <summary>Enqueues an event, without blocking. Ignored after a failure. Called by the feed only.</summary>
    /// <returns>False if the subscription fell behind with this event: the pending changes were replaced by a snapshot.</returns>
    public virtual bool Enqueue(WatchEvent watchEvent, long timestamp)
    {
        (HasStarted, LastEventAt) = (true, timestamp);
        lock (Gate)
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

    /// <summary>Lets the reader get the exception once the pending events are read. Only the first call counts.</summary>
    public void Fail(Exception exception)
    {
        lock (Gate)
        {
            failure ??= exception;
            Wake();
        }
    }

    /// <summary>Returns the event that begins the subscription, given the one that moves it from <see cref="From"/> to the current position.</summary>
    public virtual WatchEvent Begin(WatchEvent caughtUp) => caughtUp;

    /// <summary>Called when the feed has read the merchant, and has enqueued what is new.</summary>
    public virtual void OnRead()
    {
    }

    /// <summary>Called under the gate when there is something to read.</summary>
    protected abstract void Wake();

    /// <summary>Takes the next event, or the failure if there are no events. Call it under the gate.</summary>
    /// <param name="failed">The failure, or null.</param>
    /// <param name="hasMore">Whether there is more to take.</param>
    protected WatchEvent? Take(out Exception? failed, out bool hasMore)
    {
        var taken = pending;
        if (taken is null)
        {
            (failed, hasMore) = (failure, false);
            return null;
        }

        (pending, pendingNext, hasFallenBehind) = (pendingNext, null, false);
        (failed, hasMore) = (null, pending is not null || failure is not null);
        return taken;
    }

    /// <summary>Drops what is pending. Call it under the gate.</summary>
    protected void Clear() => (pending, pendingNext, hasFallenBehind) = (null, null, false);

    private static int CountOf(WatchEvent? watchEvent) => watchEvent switch
    {
        WatchEvent.Changes changes => changes.Count,
        WatchEvent.Snapshot => 1,
        _ => 0,
    };

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

        if (buffered is not null && buffered.Count + changes.Count <= BufferedChanges)
        {
            var merged = changes with { Commits = [.. buffered.Commits, .. changes.Commits] };
            (pending, pendingNext) = pendingNext is null ? (merged, null) : (pending, merged);
            return true;
        }

        if (pendingNext is null && buffered?.Count > BufferedChanges && changes.Count <= BufferedChanges)
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
