using ConnectionStateService.Core;

namespace ConnectionStateService.Watch;

/// <summary>
/// One merchant of a stream of many. It needs a place of its set to start. If the set is full of changes that are not read, it forgets those that are
/// pending, and starts again from what it has sent when it gets another place.
/// </summary>
internal sealed class WatchSetMember(WatchSet set, string merchantId, HistoryPosition? from) : WatchSubscription(merchantId, from)
{
    // All guarded by the gate; what the properties have is read without.
    private bool hasPlace = true;
    private bool isQueued;
    private bool isOver;
    private bool isBehind;
    private int counted;

    // Valid if something was sent.
    private HistoryPosition sent;

    /// <summary>The feed of the merchant.</summary>
    public MerchantFeed Feed { get; set; } = null!;

    /// <summary>Whether the reader has got a page list, or the confirmation of the one that it has.</summary>
    public bool HasSent { get; private set; }

    public override bool MayStart => hasPlace;

    public override bool HasCheckpoints => false;

    protected override int BufferedChanges => set.BufferedChanges;

    public override bool Enqueue(WatchEvent watchEvent, long timestamp)
    {
        bool isComplete;
        lock (Gate)
        {
            if (isOver)
            {
                return true;
            }

            if (hasPlace || !set.IsFull)
            {
                isComplete = base.Enqueue(watchEvent, timestamp);
                Count();
                return isComplete;
            }

            isComplete = isBehind;
            (From, HasStarted, isBehind) = (sent, false, true);
            Clear();
            Count();
        }

        set.WaitForPlace(this);
        return isComplete;
    }

    /// <summary>Gives the member a place, so that its feed starts it.</summary>
    /// <returns>False if it needs none.</returns>
    public bool TryStart()
    {
        lock (Gate)
        {
            if (isOver || hasPlace)
            {
                return false;
            }

            hasPlace = true;
        }

        Feed.Hint();
        return true;
    }

    // What has happened meanwhile is sent if it would have fitted into the buffer.
    public override WatchEvent Begin(WatchEvent caughtUp) => caughtUp switch
    {
        WatchEvent.Changes changes when isBehind && changes.Count > BufferedChanges =>
            new WatchEvent.Snapshot(changes.Merchant, SnapshotReason.FellBehind),
        WatchEvent.Snapshot { Reason: SnapshotReason.HistoryTrimmed } trimmed when isBehind => trimmed with { Reason = SnapshotReason.FellBehind },
        _ => caughtUp,
    };

    public override void OnRead()
    {
        if (HasStarted)
        {
            set.Confirm(this);
        }
    }

    /// <summary>Takes what is to be sent next, or null if there is nothing.</summary>
    /// <param name="freesPlace">Whether the member does not need its place any more.</param>
    public WatchSetEvent? Take(out bool freesPlace)
    {
        lock (Gate)
        {
            (isQueued, freesPlace) = (false, false);
            if (isOver)
            {
                return null;
            }

            var taken = Take(out var failure, out var hasMore);
            if (failure is not null)
            {
                freesPlace = Leave();
                return new WatchSetEvent.Failed(MerchantId, failure);
            }

            if (taken is null)
            {
                return null;
            }

            Count();
            var update = new WatchSetEvent.Update(MerchantId, taken, !HasSent);
            (sent, HasSent, isBehind) = (taken.Position, true, false);
            (freesPlace, hasPlace) = (hasPlace, false);
            if (hasMore)
            {
                Wake();
            }

            return update;
        }
    }

    /// <summary>Ends the member: nothing of it is sent any more.</summary>
    /// <returns>Whether it has a place, which is free then.</returns>
    public bool Leave()
    {
        lock (Gate)
        {
            isOver = true;
            Clear();
            Count();
            var had = hasPlace;
            hasPlace = false;
            return had;
        }
    }

    protected override void Wake()
    {
        if (!isQueued)
        {
            isQueued = true;
            set.Queue(this);
        }
    }

    private void Count()
    {
        set.Count(PendingChanges - counted);
        counted = PendingChanges;
    }
}
