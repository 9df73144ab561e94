using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>
/// One open stream. Its caller pulls one event after the other, so a slow caller buffers nothing. A stream first reads the store up to the end
/// (parked), and then the buffer that all streams share (live), until it falls out of the buffer or the buffer says that commits may be missing.
/// </summary>
/// <remarks>
/// No commit is missed on the way from the store to the buffer: the index in the buffer is taken first, and what the store has after that is read. What
/// comes twice is recognized by its number. What the stream keeps while its caller is slow is bounded by <see cref="FeedSize"/>.
/// </remarks>
internal sealed class FeedStream : IDisposable
{
    private const int LiveBatch = 64;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly FeedHub hub;
    private readonly FeedOptions options;
    private readonly TimeProvider clock;
    private readonly FeedLane[] lanes;
    private readonly ImmutableArray<int> laneNumbers;
    private readonly FeedLane?[] byLane;
    private readonly FeedDelivery delivery;
    private readonly FeedCatchUp catchUp;
    private long sentAt;
    private bool hasSent;
    private bool isParked;
    private bool disposed;

    public FeedStream(FeedRequest request, FeedHub hub, FeedOptions options, TimeProvider clock)
    {
        (this.hub, this.options, this.clock) = (hub, options, clock);
        lanes = [.. request.Starts.GroupBy(start => hub.Source.LaneOf(start.Partition)).OrderBy(group => group.Key)
            .Select(group => new FeedLane(group.Key, [.. group]))];
        laneNumbers = [.. lanes.Select(lane => lane.Lane)];
        byLane = new FeedLane?[hub.Source.Lanes];
        Array.ForEach(lanes, lane => byLane[lane.Lane] = lane);
        delivery = new FeedDelivery(request, hub.Source);
        catchUp = new FeedCatchUp(hub.Source, hub.CatchUps, delivery, () => hasSent);
    }

    /// <summary>The partitions that the stream follows.</summary>
    public IEnumerable<int> Partitions => lanes.SelectMany(lane => lane.Cursors).Select(cursor => cursor.Partition);

    /// <summary>The size of the commits and page lists that the stream has read and not sent yet, in bytes.</summary>
    public long HeldSize => delivery.Size;

    /// <summary>Returns the events of the stream. It ends only by an exception.</summary>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    /// <exception cref="StoreUnavailableException">The store is unavailable, and no event was returned yet.</exception>
    public async IAsyncEnumerable<FeedEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        sentAt = clock.GetTimestamp();
        await hub.FollowAsync(laneNumbers, cancellationToken);
        var isLive = false;
        while (true)
        {
            // Lanes that the buffer does not follow yet are not complete at the end of this pass.
            Park(true);
            var index = hub.Buffer.End;
            var followed = lanes.Where(lane => hub.IsFollowing(lane.Lane)).ToHashSet();
            var spans = await RetryAsync(() => hub.Source.ReadSpansAsync(laneNumbers, cancellationToken), cancellationToken);
            await foreach (var read in catchUp.ReadAsync(lanes.Zip(spans), followed, CheckpointDuringCatchUp, cancellationToken))
            {
                yield return Sent(read);
            }

            if (!hub.Buffer.Has(index))
            {
                // The pass took longer than the buffer lasts. The next one has less to read.
                if (isLive)
                {
                    isLive = false;
                    yield return Sent(new FeedEvent.FellBehind(await BehindAsync(cancellationToken)));
                }

                continue;
            }

            Park(false);
            var passedAt = clock.GetTimestamp();
            var isComplete = lanes.All(lane => lane.IsCurrent);
            if (isLive && !isComplete)
            {
                isLive = false;
                yield return Sent(new FeedEvent.FellBehind(await BehindAsync(cancellationToken)));
            }

            if (!isLive && isComplete)
            {
                isLive = true;
                if (Checkpoint() is { } checkpoint)
                {
                    yield return Sent(checkpoint);
                }

                yield return Sent(new FeedEvent.CaughtUp());
            }

            while (true)
            {
                if (!hub.Buffer.TryRead(index, LiveBatch, FeedSize.MaxCommits, out var items))
                {
                    isLive = false;
                    yield return Sent(new FeedEvent.FellBehind(await BehindAsync(cancellationToken)));
                    break;
                }

                var isInterrupted = false;
                delivery.Begin([.. items.Where(item => byLane[item.Lane] is { IsCurrent: true } && item.Commit is { IsLoaded: true })
                    .Select(item => (byLane[item.Lane]!, item.Commit!))]);
                foreach (var item in items)
                {
                    index++;
                    if (byLane[item.Lane] is not { IsCurrent: true } lane)
                    {
                        continue;
                    }

                    var (hasDelivered, delivered) = await TryDeliverAsync(lane, item.Commit, cancellationToken);
                    if (!hasDelivered)
                    {
                        lane.IsCurrent = false;
                        isInterrupted = true;
                    }
                    else if (delivered is not null)
                    {
                        yield return Sent(delivered);
                    }
                }

                if (IsCheckpointDue())
                {
                    yield return Sent(Checkpoint() ?? new FeedEvent.Checkpoint([]));
                }

                if (items.Count == 0)
                {
                    await WaitAsync(index, cancellationToken);
                }

                // Lanes that are not current are read again: at once if they just became so, otherwise now and then.
                if (isInterrupted || (!isComplete && clock.GetElapsedTime(passedAt) >= RetryDelay))
                {
                    break;
                }
            }
        }
    }

    public void Dispose()
    {
        if (!disposed)
        {
            disposed = true;
            Park(false);
            hub.Close(this);
        }
    }

    // Fails if the store must be read: commits may be missing in the buffer, or the page list of this one cannot be read.
    private async ValueTask<(bool HasDelivered, FeedEvent? Delivered)> TryDeliverAsync(FeedLane lane, FeedCommit? commit, CancellationToken cancellationToken)
    {
        if (commit is null || (!commit.IsLoaded && lane.Wants(commit.Partition, commit.Entry.Point)))
        {
            return (false, null);
        }

        try
        {
            return (true, await delivery.DeliverAsync(lane, commit, cancellationToken));
        }
        catch (StoreUnavailableException) when (hasSent)
        {
            return (false, null);
        }
    }

    // Waits for the next item, or until it is time to look at something else.
    private async Task WaitAsync(long index, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var time = lanes.All(lane => lane.IsCurrent) ? options.CheckpointInterval / 6 : RetryDelay;
        await Task.WhenAny(hub.Buffer.WaitAsync(index), Task.Delay(time, clock, waiting.Token));
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    // The idle time is short enough that the next comparison is still within the interval.
    private bool IsCheckpointDue() => clock.GetElapsedTime(sentAt) >= options.CheckpointInterval / 2
        && lanes.All(lane => lane.IsCurrent && hub.IsConfirmedSince(lane.Lane, sentAt));

    private FeedEvent.Checkpoint? CheckpointDuringCatchUp() =>
        clock.GetElapsedTime(sentAt) >= options.CheckpointInterval / 2 ? Checkpoint() : null;

    private FeedEvent.Checkpoint? Checkpoint()
    {
        var moved = ImmutableArray.CreateBuilder<PartitionPoint>();
        foreach (var lane in lanes.Where(lane => lane.IsVerified))
        {
            foreach (var cursor in lane.Cursors)
            {
                var position = lane.PositionOf(cursor);
                if (cursor.Reset is null && cursor.Sent != position)
                {
                    cursor.Sent = position;
                    moved.Add(new PartitionPoint(cursor.Partition, position));
                }
            }
        }

        return moved.Count == 0 ? null : new FeedEvent.Checkpoint(moved.DrainToImmutable());
    }

    private async Task<long> BehindAsync(CancellationToken cancellationToken)
    {
        var spans = await RetryAsync(() => hub.Source.ReadSpansAsync(laneNumbers, cancellationToken), cancellationToken);
        return lanes.Zip(spans).Sum(lane => Math.Max(0, (lane.Second?.Last.Number ?? 0) - lane.First.Oldest.Number));
    }

    private FeedEvent Sent(FeedEvent sent)
    {
        (sentAt, hasSent) = (clock.GetTimestamp(), true);
        return sent;
    }

    private void Park(bool parks)
    {
        if (isParked != parks)
        {
            isParked = parks;
            hub.CountParked(parks);
        }
    }

    // A stream that has begun stays open while the store is unavailable.
    private async Task<T> RetryAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await read();
            }
            catch (StoreUnavailableException) when (hasSent)
            {
                await Task.Delay(RetryDelay, clock, cancellationToken);
            }
        }
    }
}
