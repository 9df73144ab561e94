using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>
/// One open stream. Its caller pulls one event after the other, so a slow caller buffers nothing. A stream first reads the store up to the end
/// (parked), and then the buffer that all streams share (live), until it falls out of the buffer or the buffer says that commits may be missing.
/// </summary>
/// <remarks>
/// No commit is missed on the way from the store to the buffer: the index in the buffer is taken first, and what the store has after that is read. What
/// comes twice is recognized by its number.
/// </remarks>
internal sealed class FeedStream : IDisposable
{
    private const int LiveBatch = 64;

    // Of the page lists in one part of a snapshot, as they are stored.
    private const int MaxSnapshotBytes = 256 * 1024;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly FeedRequest request;
    private readonly FeedHub hub;
    private readonly FeedOptions options;
    private readonly TimeProvider clock;
    private readonly FeedLane[] lanes;
    private readonly FeedLane?[] byLane;
    private long sentAt;
    private bool hasSent;
    private bool isParked;
    private bool disposed;

    public FeedStream(FeedRequest request, FeedHub hub, FeedOptions options, TimeProvider clock)
    {
        (this.request, this.hub, this.options, this.clock) = (request, hub, options, clock);
        lanes = [.. request.Starts.GroupBy(start => hub.Source.LaneOf(start.Partition)).OrderBy(group => group.Key)
            .Select(group => new FeedLane(group.Key, [.. group]))];
        byLane = new FeedLane?[hub.Source.Lanes];
        Array.ForEach(lanes, lane => byLane[lane.Lane] = lane);
    }

    /// <summary>Returns the events of the stream. It ends only by an exception.</summary>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    /// <exception cref="StoreUnavailableException">The store is unavailable, and no event was returned yet.</exception>
    public async IAsyncEnumerable<FeedEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        sentAt = clock.GetTimestamp();
        await hub.FollowAsync([.. lanes.Select(lane => lane.Lane)], cancellationToken);
        var isLive = false;
        while (true)
        {
            // Lanes that the buffer does not follow yet are not complete at the end of this pass.
            Park(true);
            var index = hub.Buffer.End;
            var followed = lanes.Where(lane => hub.IsFollowing(lane.Lane)).ToList();
            await foreach (var read in CatchUpAsync(followed, cancellationToken))
            {
                yield return Sent(read);
            }

            if (!hub.Buffer.TryRead(index, limit: 0, out _))
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
                if (!hub.Buffer.TryRead(index, LiveBatch, out var items))
                {
                    isLive = false;
                    yield return Sent(new FeedEvent.FellBehind(await BehindAsync(cancellationToken)));
                    break;
                }

                var isInterrupted = false;
                Prefetch(items);
                foreach (var item in items)
                {
                    index++;
                    if (byLane[item.Lane] is not { IsCurrent: true } lane)
                    {
                        continue;
                    }

                    if (item.Commit is not { } commit)
                    {
                        lane.IsCurrent = false;
                        isInterrupted = true;
                        continue;
                    }

                    if (await DeliverAsync(lane, commit, cancellationToken) is { } delivered)
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
            hub.Close();
        }
    }

    // Reads each lane up to its end. A lane is current then, if the buffer had followed it before.
    private async IAsyncEnumerable<FeedEvent> CatchUpAsync(List<FeedLane> followed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var spans = await RetryAsync(() => hub.Source.ReadSpansAsync(cancellationToken), cancellationToken);
        foreach (var lane in lanes)
        {
            if (spans[lane.Lane] is not { } span)
            {
                // The server of this lane does not answer: the others go on.
                lane.IsCurrent = false;
                continue;
            }

            lane.Begin(span);
            bool hasFailed;
            while (true)
            {
                var (hasVerified, isRestarted) = await TryAsync(() => VerifyAsync(lane, span, cancellationToken));
                hasFailed = !hasVerified;
                foreach (var cursor in lane.Cursors.Where(cursor => cursor.Reset is not null && !hasFailed))
                {
                    yield return new FeedEvent.Reset(cursor.Partition, cursor.Reset!.Value);
                    var (_, end) = await TryAsync(() => EndOfAsync(lane, cancellationToken));
                    hasFailed = true;
                    await foreach (var part in SnapshotAsync(cursor.Partition, end, cancellationToken))
                    {
                        hasFailed = part.Last is null;
                        yield return part;
                    }

                    if (!hasFailed)
                    {
                        cursor.MoveTo(end!.Value);
                    }
                }

                if (hasFailed)
                {
                    break;
                }

                if (isRestarted)
                {
                    lane.Restart();
                }

                if (lane.Seen.Number >= span.Last.Number)
                {
                    break;
                }

                var (hasRead, page) = await TryAsync(() => InTurnAsync(() => ReadPageAsync(lane, cancellationToken), cancellationToken));
                if (hasRead && page is null)
                {
                    // Trimmed or put back since the span was read, or an entry is missing.
                    lane.IsVerified = false;
                    (hasRead, var hasGap) = await TryAsync(() => HasGapAsync(lane, cancellationToken));
                    if (hasGap)
                    {
                        lane.Reset();
                    }

                    if (hasRead)
                    {
                        (hasRead, span) = await TryAsync(() => SpanOfAsync(lane, cancellationToken));
                    }
                }

                if (!hasRead)
                {
                    hasFailed = true;
                    break;
                }

                foreach (var commit in page ?? [])
                {
                    if (await DeliverAsync(lane, commit, cancellationToken) is { } delivered)
                    {
                        yield return delivered;
                    }
                }

                // The store has just answered. A filter may skip commits for long.
                if (clock.GetElapsedTime(sentAt) >= options.CheckpointInterval / 2 && Checkpoint() is { } checkpoint)
                {
                    yield return checkpoint;
                }
            }

            lane.IsCurrent = !hasFailed && followed.Contains(lane);
        }
    }

    // Finds the partitions whose place is not in the lane, if some may not be. Returns whether it has looked.
    private async Task<bool> VerifyAsync(FeedLane lane, FeedSpan span, CancellationToken cancellationToken)
    {
        if (lane.IsVerified && lane.Seen.Number >= span.First.Number
            && (lane.Seen.Number < span.Last.Number || lane.Seen == span.Last))
        {
            return false;
        }

        // The places count again once all of them were found.
        lane.IsVerified = false;
        lane.Settle();
        var found = new Dictionary<FeedPoint, FeedResetReason?>();
        foreach (var cursor in lane.Cursors.Where(cursor => cursor.Reset is null))
        {
            if (!found.TryGetValue(cursor.Point, out var reason))
            {
                // Mostly, a caller has everything: it needs no look at the store for each partition.
                var isEnd = cursor.Point == span.First || cursor.Point == span.Last;
                var entry = isEnd || cursor.Point.Number == 0 ? null
                    : await hub.Source.FindEntryAsync(lane.Lane, cursor.Point.Number, cancellationToken);
                if (!isEnd && entry is null && cursor.Point.Number >= span.First.Number)
                {
                    // It may have been trimmed since the span was read.
                    span = await SpanOfAsync(lane, cancellationToken);
                }

                reason = found[cursor.Point] = isEnd ? null : FeedChain.Check(cursor.Point, entry, span);
            }

            cursor.Reset = reason;
        }

        lane.IsVerified = true;
        return true;
    }

    // Null if the lane cannot be followed without a gap.
    private async Task<List<FeedCommit>?> ReadPageAsync(FeedLane lane, CancellationToken cancellationToken)
    {
        var entries = await hub.Source.ReadSharedEntriesAsync(lane.Lane, Math.Max(lane.Seen.Number, 1), cancellationToken);
        return FeedChain.TryFollow(lane.Seen, entries, out var newer) && newer.Length > 0
            ? await hub.Source.LoadAsync(lane.Lane, newer, cancellationToken)
            : null;
    }

    private async Task<bool> HasGapAsync(FeedLane lane, CancellationToken cancellationToken) =>
        FeedChain.HasGap(lane.Seen, await hub.Source.ReadEntriesAsync(lane.Lane, Math.Max(lane.Seen.Number, 1), cancellationToken));

    // A few streams read the store at a time, a page each.
    private async Task<T> InTurnAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
    {
        await hub.CatchUps.WaitAsync(cancellationToken);
        try
        {
            return await read();
        }
        finally
        {
            hub.CatchUps.Release();
        }
    }

    private async Task<FeedSpan> SpanOfAsync(FeedLane lane, CancellationToken cancellationToken) =>
        (await hub.Source.ReadSpansAsync(cancellationToken))[lane.Lane]
        ?? throw new StoreUnavailableException($"The server of lane {lane.Lane} of the feed does not answer.");

    private async Task<FeedPoint?> EndOfAsync(FeedLane lane, CancellationToken cancellationToken) => (await SpanOfAsync(lane, cancellationToken)).Last;

    // Ends without a last part if the store fails, or if the end is not known.
    private async IAsyncEnumerable<FeedEvent.Snapshot> SnapshotAsync(
        int partition, FeedPoint? end, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (after, size) = ("", 0);
        var part = ImmutableArray.CreateBuilder<(string, StoredMerchant?)>();
        while (end is not null)
        {
            var (hasRead, page) = await TryAsync(
                () => InTurnAsync(() => hub.Source.ReadMerchantsAsync(partition, after, cancellationToken), cancellationToken));
            if (!hasRead)
            {
                yield break;
            }

            foreach (var (id, merchant) in page)
            {
                part.Add((id, merchant));
                size += merchant is null ? 0 : RecordSize.OfPageList(merchant.Record);
                if (part.Count == FeedSource.SnapshotSize || size > MaxSnapshotBytes)
                {
                    yield return new FeedEvent.Snapshot(partition, part.DrainToImmutable(), Last: null);
                    size = 0;
                }
            }

            if (page.IsEmpty)
            {
                yield return new FeedEvent.Snapshot(partition, part.DrainToImmutable(), end);
                yield break;
            }

            after = page[^1].Id;
        }
    }

    // Null if the stream does not send the commit.
    private async ValueTask<FeedEvent?> DeliverAsync(FeedLane lane, FeedCommit commit, CancellationToken cancellationToken)
    {
        if (!lane.Accept(commit, out var cursor))
        {
            return null;
        }

        if (commit.Commit is null)
        {
            cursor.Told = commit.Entry.Point;
            return new FeedEvent.Superseded(commit.Place, commit.Entry.MerchantId, await ReadMerchantAsync(commit, cancellationToken));
        }

        if (!request.Filter.Selects(commit.Commit))
        {
            return null;
        }

        cursor.Told = commit.Entry.Point;
        var merchant = request.IncludesPageLists ? await ReadMerchantAsync(commit, cancellationToken) : null;
        return new FeedEvent.Committed(commit.Place, commit, merchant?.CommitId == commit.Entry.Position.CommitId ? merchant : null);
    }

    private async ValueTask<StoredMerchant?> ReadMerchantAsync(FeedCommit commit, CancellationToken cancellationToken) =>
        await RetryAsync(() => commit.ReadMerchantAsync(hub.Source.ReadMerchantAsync).WaitAsync(cancellationToken), cancellationToken);

    // The page lists of a batch are read at once.
    private void Prefetch(List<FeedItem> items)
    {
        if (request.IncludesPageLists)
        {
            foreach (var item in items)
            {
                if (item.Commit is { Commit: { } selected } commit && byLane[item.Lane]?.Find(commit.Partition) is not null && request.Filter.Selects(selected))
                {
                    _ = commit.ReadMerchantAsync(hub.Source.ReadMerchantAsync);
                }
            }
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
    private bool IsCheckpointDue() =>
        clock.GetElapsedTime(sentAt) >= options.CheckpointInterval / 2 && lanes.All(lane => lane.IsCurrent) && hub.IsConfirmedSince(sentAt);

    private FeedEvent.Checkpoint? Checkpoint()
    {
        var moved = ImmutableArray.CreateBuilder<PartitionPoint>();
        foreach (var lane in lanes.Where(lane => lane.IsVerified))
        {
            foreach (var cursor in lane.Cursors)
            {
                var place = lane.PlaceOf(cursor);
                if (cursor.Reset is null && cursor.Told != place)
                {
                    cursor.Told = place;
                    moved.Add(new PartitionPoint(cursor.Partition, place));
                }
            }
        }

        return moved.Count == 0 ? null : new FeedEvent.Checkpoint(moved.DrainToImmutable());
    }

    private async Task<long> BehindAsync(CancellationToken cancellationToken)
    {
        var spans = await RetryAsync(() => hub.Source.ReadSpansAsync(cancellationToken), cancellationToken);
        return lanes.Sum(lane => Math.Max(0, (spans[lane.Lane]?.Last.Number ?? 0) - lane.Oldest.Number));
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

    // A stream that has begun goes on with other lanes while the server of one does not answer.
    private async Task<(bool HasSucceeded, T? Value)> TryAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return (true, await read());
        }
        catch (StoreUnavailableException) when (hasSent)
        {
            return (false, default);
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
