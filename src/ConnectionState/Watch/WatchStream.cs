using System.Runtime.ExceptionServices;
using ConnectionStateService.Core;

namespace ConnectionStateService.Watch;

/// <summary>
/// One open stream: its merchant's reader puts in what there is to tell, one writer takes it out. What waits is merged, and when it
/// grows beyond the bound, only the newest list is kept.
/// </summary>
internal sealed class WatchStream(string merchantId, HistoryPosition? from, int bufferedChanges) : IDisposable
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim arrived = new(0, 1);
    private WatchEvent? first;
    private WatchEvent.Changes? then;
    private bool isBehind;
    private Exception? failure;
    private Action? left;

    public string MerchantId => merchantId;

    /// <summary>The place to go on from; none: from the present.</summary>
    public HistoryPosition? From => from;

    /// <summary>The reader has told it where it stands; from then on it is told what changes.</summary>
    public bool HasJoined { get; private set; }

    /// <summary>When it was last told something; a timestamp of the reader's clock.</summary>
    public long ToldAt { get; private set; }

    /// <summary>Puts in what there is to tell. Never waits. After a failure there is nothing more to tell.</summary>
    /// <returns>False: with this it fell behind, and what waited was replaced by the newest list.</returns>
    public bool Offer(WatchEvent delivery, long now)
    {
        (HasJoined, ToldAt) = (true, now);
        lock (gate)
        {
            if (failure is not null)
            {
                return true;
            }

            var kept = Merge(delivery);
            Wake();
            return kept;
        }
    }

    /// <summary>Ends the stream with a failure, after what waits.</summary>
    public void Fail(Exception exception)
    {
        lock (gate)
        {
            failure ??= exception;
            Wake();
        }
    }

    /// <summary>Takes out what there is to tell; waits for it. One caller at a time.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async ValueTask<WatchEvent> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await arrived.WaitAsync(cancellationToken);
            lock (gate)
            {
                if (first is { } delivery)
                {
                    (first, then, isBehind) = (then, null, false);
                    if (first is not null || failure is not null)
                    {
                        Wake();
                    }

                    return delivery;
                }

                if (failure is not null)
                {
                    ExceptionDispatchInfo.Throw(failure);
                }
            }
        }
    }

    /// <summary>Says what is to be done when nobody takes out any more.</summary>
    public void OnLeave(Action leave) => left = leave;

    public void Dispose() => Interlocked.Exchange(ref left, null)?.Invoke();

    private void Wake()
    {
        if (arrived.CurrentCount == 0)
        {
            arrived.Release();
        }
    }

    private bool Merge(WatchEvent delivery)
    {
        switch (delivery)
        {
            // Whatever waits says as much, and the first one that a resumed stream gets says more.
            case WatchEvent.Checkpoint when first is not null:
                return true;

            case WatchEvent.Snapshot snapshot:
                (first, then) = (snapshot with { Reason = Stronger(snapshot.Reason) }, null);
                return true;

            case WatchEvent.Changes changes:
                return Append(changes);

            default:
                first = delivery;
                return true;
        }
    }

    private bool Append(WatchEvent.Changes changes)
    {
        var waiting = then ?? first as WatchEvent.Changes;
        if (waiting is null && first is not WatchEvent.Snapshot { Reason: SnapshotReason.FellBehind })
        {
            // Alone it may be larger than the bound: a commit is never split, nor is what a resumed stream has missed.
            (first, then) = first is WatchEvent.Snapshot ? (first, changes) : (changes, null);
            return true;
        }

        if (waiting is not null && waiting.Count + changes.Count <= bufferedChanges)
        {
            var merged = changes with { Commits = [.. waiting.Commits, .. changes.Commits] };
            (first, then) = then is null ? (merged, null) : (first, merged);
            return true;
        }

        if (then is null && waiting?.Count > bufferedChanges && changes.Count <= bufferedChanges)
        {
            // What was too large to wait for anything counts for itself: a quick reader has done nothing wrong.
            then = changes;
            return true;
        }

        var fellBehind = !isBehind && waiting is not null;
        var reason = Stronger(SnapshotReason.FellBehind);
        (first, then, isBehind) = (new WatchEvent.Snapshot(changes.Record, changes.Position, reason), null, true);
        return !fellBehind;
    }

    // A snapshot that waits and is overtaken by a newer one still says why the first was needed: of two reasons, the one that the
    // receiver must not miss.
    private SnapshotReason Stronger(SnapshotReason reason) => ((first as WatchEvent.Snapshot)?.Reason, reason) switch
    {
        (SnapshotReason.Initial, _) => SnapshotReason.Initial,
        (SnapshotReason.HistoryReplaced, _) or (_, SnapshotReason.HistoryReplaced) => SnapshotReason.HistoryReplaced,
        (SnapshotReason.HistoryTrimmed, _) => SnapshotReason.HistoryTrimmed,
        _ => reason,
    };
}
