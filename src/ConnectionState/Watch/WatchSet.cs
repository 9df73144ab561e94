using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Watch;

/// <summary>
/// One open stream of many merchants: their feeds enqueue events, one caller adds and removes merchants, another one reads. A merchant that starts, and
/// an answer that is no event, takes one of few places until it is read: what a slow reader leaves unread is bounded.
/// </summary>
internal sealed class WatchSet(WatchHub hub, WatchContext context, WatchListsOptions options) : IDisposable
{
    // Read in one command of Redis.
    private const int ResumedTogether = 256;

    private readonly Lock gate = new();
    private readonly Dictionary<string, WatchSetMember> members = new(StringComparer.Ordinal);
    private readonly Queue<(WatchSetMember? Member, WatchSetEvent? Event)> ready = [];
    private readonly SemaphoreSlim available = new(0, 1);
    private readonly SemaphoreSlim places = new(options.Starting);
    private readonly Queue<WatchSetMember> waiting = [];
    private int pendingChanges;
    private bool isCompleted;

    // The members that must be confirmed before the next checkpoint, in the reconciliation of this number. Guarded by the gate.
    private HashSet<WatchSetMember> unconfirmed = [];
    private ImmutableArray<int> unanswered = [];
    private long round;
    private bool hasCheckpoint;
    private long checkpointAt = context.Clock.GetTimestamp();

    // The members that resume and whose positions are not read yet. Used by the caller that adds.
    private List<WatchSetMember> resuming = [];

    /// <summary>The number of merchants.</summary>
    public int Members => members.Count;

    /// <summary>The maximum number of pending changes of one merchant.</summary>
    public int BufferedChanges => context.Options.BufferedChanges;

    /// <summary>Whether the changes of all merchants fill the buffer.</summary>
    public bool IsFull => Volatile.Read(ref pendingChanges) >= options.BufferedChanges;

    /// <summary>Adds a merchant, once there is a place for its first event. Has no effect if it is there. Call <see cref="Resume"/> after some.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="from">The position to resume from, or null to start with a snapshot.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The fault, or null.</returns>
    public async ValueTask<WatchFault?> AddAsync(string merchantId, HistoryPosition? from, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (members.ContainsKey(merchantId))
            {
                return null;
            }

            if (members.Count >= options.MerchantsPerStream)
            {
                return hub.Refuse(WatchLimitScope.Stream, options.MerchantsPerStream);
            }
        }

        await TakePlaceAsync(cancellationToken);
        var member = new WatchSetMember(this, merchantId, from);
        lock (gate)
        {
            members.Add(merchantId, member);
        }

        hub.Attach(member);
        if (from is not null)
        {
            resuming.Add(member);
            if (resuming.Count >= ResumedTogether)
            {
                Resume();
            }
        }

        return null;
    }

    /// <summary>Begins to read the positions of the merchants that resume: those that have missed nothing need no more than that.</summary>
    public void Resume()
    {
        if (resuming.Count > 0)
        {
            _ = ResumeAsync(resuming);
            resuming = [];
        }
    }

    /// <summary>Removes a merchant. Nothing of it follows the answer.</summary>
    public async ValueTask RemoveAsync(string merchantId, CancellationToken cancellationToken)
    {
        await TakePlaceAsync(cancellationToken);
        WatchSetMember? member;
        lock (gate)
        {
            members.Remove(merchantId, out member);
        }

        if (member is not null)
        {
            Detach(member, hadPlace: member.Leave());
        }

        Queue(null, new WatchSetEvent.Removed(merchantId));
    }

    /// <summary>Answers that a merchant is not added.</summary>
    public async ValueTask RefuseAsync(string merchantId, Exception exception, CancellationToken cancellationToken)
    {
        await TakePlaceAsync(cancellationToken);
        Queue(null, new WatchSetEvent.Failed(merchantId, exception));
    }

    /// <summary>No more merchants will be added.</summary>
    public void Complete()
    {
        lock (gate)
        {
            isCompleted = true;
            Signal();
        }
    }

    /// <summary>Waits until there is something to take. Must not be called concurrently.</summary>
    /// <returns>False if nothing can come: there are no merchants, and none will be added.</returns>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (gate)
            {
                if (ready.Count > 0)
                {
                    return true;
                }

                if (isCompleted && members.Count == 0)
                {
                    return false;
                }
            }

            await available.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes what is to be sent next, or null if there is nothing.</summary>
    public WatchSetEvent? TryTake()
    {
        while (TryDequeue(out var member, out var other))
        {
            if (member is null)
            {
                return other;
            }

            var taken = member.Take(out var freesPlace);
            if (taken is WatchSetEvent.Failed)
            {
                lock (gate)
                {
                    members.Remove(member.MerchantId);
                }

                Detach(member, freesPlace);
                return taken;
            }

            if (freesPlace)
            {
                FreePlace();
            }

            if (taken is not null)
            {
                return taken;
            }
        }

        return null;
    }

    /// <summary>Ends a reconciliation: sends a checkpoint, if one is due, once each merchant is confirmed.</summary>
    public void EndRound(long ended)
    {
        lock (gate)
        {
            if (hasCheckpoint || context.Clock.GetElapsedTime(checkpointAt) < context.NextIdleTime())
            {
                return;
            }

            var (before, partitions) = (unconfirmed, new SortedSet<int>());
            (unconfirmed, round) = ([], ended);
            foreach (var member in members.Values.Where(member => member.HasSent && !IsConfirmed(member)))
            {
                // One that could not be read for a whole round must not keep the checkpoint from the others.
                if (member.Feed.IsUnanswered(ended) || before.Contains(member))
                {
                    partitions.Add(Partition.Of(member.MerchantId));
                }
                else
                {
                    unconfirmed.Add(member);
                }
            }

            unanswered = [.. partitions];
            SendCheckpoint();
        }
    }

    public void Dispose()
    {
        hub.Close(this);
        List<WatchSetMember> all;
        lock (gate)
        {
            all = [.. members.Values];
            members.Clear();
        }

        foreach (var member in all)
        {
            member.Leave();
            hub.Detach(member, member.Feed);
        }
    }

    internal void Queue(WatchSetMember member) => Queue(member, null);

    internal void Count(int changes) => Interlocked.Add(ref pendingChanges, changes);

    /// <summary>Starts a member that has fallen behind, once there is a place.</summary>
    internal void WaitForPlace(WatchSetMember member)
    {
        lock (gate)
        {
            if (!places.Wait(0))
            {
                waiting.Enqueue(member);
                return;
            }
        }

        if (!member.TryStart())
        {
            FreePlace();
        }
    }

    /// <summary>Notes that a member was read.</summary>
    internal void Confirm(WatchSetMember member)
    {
        lock (gate)
        {
            if (unconfirmed.Count > 0 && unconfirmed.Contains(member) && IsConfirmed(member))
            {
                unconfirmed.Remove(member);
                SendCheckpoint();
            }
        }
    }

    private bool IsConfirmed(WatchSetMember member) => member.HasStarted && member.Feed.IsConfirmed(round);

    private void SendCheckpoint()
    {
        if (unconfirmed.Count == 0)
        {
            (hasCheckpoint, checkpointAt) = (true, context.Clock.GetTimestamp());
            Queue(null, new WatchSetEvent.Checkpoint(unanswered));
        }
    }

    private async Task ResumeAsync(List<WatchSetMember> resumed)
    {
        try
        {
            var began = context.Round;
            var positions = await context.History.ReadPositionsAsync([.. resumed.Select(member => member.MerchantId)], CancellationToken.None);
            foreach (var (member, position) in resumed.Zip(positions))
            {
                if (position is null)
                {
                    member.Fail(new StoreUnavailableException("The part of the store that has the merchant does not answer."));
                }
                else
                {
                    member.Feed.Reconcile(position, began);
                }
            }
        }
        catch (Exception e)
        {
            resumed.ForEach(member => member.Fail(e));
        }
    }

    private async ValueTask TakePlaceAsync(CancellationToken cancellationToken)
    {
        if (!places.Wait(0, cancellationToken))
        {
            // They have places.
            Resume();
            await places.WaitAsync(cancellationToken);
        }
    }

    private void FreePlace()
    {
        while (true)
        {
            WatchSetMember? next;
            lock (gate)
            {
                if (!waiting.TryDequeue(out next))
                {
                    places.Release();
                    return;
                }
            }

            if (next.TryStart())
            {
                return;
            }
        }
    }

    private void Detach(WatchSetMember member, bool hadPlace)
    {
        hub.Detach(member, member.Feed);
        lock (gate)
        {
            if (unconfirmed.Remove(member))
            {
                SendCheckpoint();
            }
        }

        if (hadPlace)
        {
            FreePlace();
        }
    }

    private void Queue(WatchSetMember? member, WatchSetEvent? answer)
    {
        lock (gate)
        {
            ready.Enqueue((member, answer));
            Signal();
        }
    }

    private bool TryDequeue(out WatchSetMember? member, out WatchSetEvent? answer)
    {
        lock (gate)
        {
            var isTaken = ready.TryDequeue(out var next);
            (member, answer) = next;
            hasCheckpoint &= answer is not WatchSetEvent.Checkpoint;
            if (answer is null or WatchSetEvent.Checkpoint)
            {
                return isTaken;
            }
        }

        FreePlace();
        return true;
    }

    private void Signal()
    {
        if (available.CurrentCount == 0)
        {
            available.Release();
        }
    }
}
