using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>
/// Reads the lanes of a stream from the store, up to where they end: finds out whether the stream can continue at its positions, sends snapshots of the
/// partitions where it cannot, and then the commits. All lanes are looked at together, and a page has commits of as many lanes as it takes. A
/// lane whose server does not answer is left for the next pass; the others go on.
/// </summary>
/// <param name="source">Reads the store.</param>
/// <param name="turns">The turns of the streams that read the store: a page each.</param>
/// <param name="delivery">Turns commits into events.</param>
/// <param name="isOpen">Whether the stream survives an outage: it has begun.</param>
internal sealed class FeedCatchUp(FeedSource source, SemaphoreSlim turns, FeedDelivery delivery, Func<bool> isOpen)
{
    // A lane that cannot be read on after so many looks is left for the next pass, which begins after a delay.
    private const int MaxInterruptions = 10;

    // Less if the last commits or page lists were large.
    private int pageSize = FeedSource.PageSize;
    private int partSize = FeedSource.SnapshotSize;

    /// <summary>Reads lanes.</summary>
    /// <param name="lanes">The lanes, each with what is kept of it; null if its server does not answer.</param>
    /// <param name="followed">The lanes that the buffer follows since before their spans were read: they are current afterwards.</param>
    /// <param name="checkpoint">Returns a checkpoint if one is due, or null.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="StoreUnavailableException">The store is unavailable, and the stream has not begun.</exception>
    public async IAsyncEnumerable<FeedEvent> ReadAsync(
        IEnumerable<(FeedLane Lane, FeedSpan? Span)> lanes,
        IReadOnlySet<FeedLane> followed,
        Func<FeedEvent?> checkpoint,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var passes = new List<Pass>();
        foreach (var (lane, span) in lanes)
        {
            lane.IsCurrent = false;
            if (span is { } kept)
            {
                lane.Begin(kept);
                passes.Add(new Pass(lane, kept));
            }
        }

        var unverified = passes;
        while (true)
        {
            await Task.WhenAll(unverified.Select(pass => TryAsync(pass, () => VerifyAsync(pass, cancellationToken))));
            foreach (var pass in unverified.Where(pass => !pass.HasFailed))
            {
                await foreach (var sent in SnapshotsAsync(pass, cancellationToken))
                {
                    yield return sent;
                }

                if (!pass.HasFailed && pass.IsRestarted)
                {
                    pass.Lane.Restart();
                }
            }

            if (NextLanes(passes) is not { Count: > 0 } behind)
            {
                break;
            }

            var commits = await InTurnAsync(() => ReadPageAsync(behind, cancellationToken), cancellationToken);
            delivery.Begin([.. commits.Select(commit => (commit.Pass.Lane, commit.Commit))]);
            foreach (var (pass, commit) in commits.Where(commit => !commit.Pass.HasFailed))
            {
                FeedEvent? delivered = null;
                await TryAsync(pass, async () => delivered = await delivery.DeliverAsync(pass.Lane, commit, cancellationToken));
                if (delivered is not null)
                {
                    yield return delivered;
                }
            }

            unverified = [.. behind.Where(pass => pass is { IsInterrupted: true, HasFailed: false })];
            await Task.WhenAll(unverified.Select(pass => TryAsync(pass, () => LookAgainAsync(pass, cancellationToken))));

            // The store has just answered. A filter may skip commits for long.
            if (checkpoint() is { } due)
            {
                yield return due;
            }
        }

        passes.ForEach(pass => pass.Lane.IsCurrent = !pass.HasFailed && followed.Contains(pass.Lane));
    }

    // Lanes that are behind, as many as fill a page.
    private List<Pass> NextLanes(List<Pass> passes)
    {
        var (next, commits) = (new List<Pass>(), 0L);
        foreach (var pass in passes.Where(pass => !pass.HasFailed && pass.Behind > 0))
        {
            next.Add(pass);
            commits += pass.Behind;
            if (commits >= pageSize)
            {
                break;
            }
        }

        return next;
    }

    // Finds the partitions whose position is not in the lane, if some may not be.
    private async Task VerifyAsync(Pass pass, CancellationToken cancellationToken)
    {
        var (lane, span) = (pass.Lane, pass.Span);
        pass.IsRestarted = false;
        if (lane.IsVerified && lane.Seen.Number >= span.First.Number
            && (lane.Seen.Number < span.Last.Number || lane.Seen == span.Last))
        {
            return;
        }

        // The positions count again once all of them were found.
        lane.IsVerified = false;
        lane.SplitPositions();
        var found = new Dictionary<FeedPoint, FeedResetReason?>();
        foreach (var cursor in lane.Cursors.Where(cursor => cursor.Reset is null))
        {
            if (!found.TryGetValue(cursor.Point, out var reason))
            {
                // Mostly, a caller has everything: it needs no look at the store for each partition.
                var isEnd = cursor.Point == span.First || cursor.Point == span.Last;
                var entry = isEnd || cursor.Point.Number == 0 ? null : await source.FindEntryAsync(lane.Lane, cursor.Point.Number, cancellationToken);
                if (!isEnd && entry is null && cursor.Point.Number >= span.First.Number)
                {
                    // It may have been trimmed since the span was read.
                    pass.Span = span = await source.ReadSpanAsync(lane.Lane, cancellationToken);
                }

                reason = found[cursor.Point] = isEnd ? null : FeedChain.Check(cursor.Point, entry, span);
            }

            cursor.Reset = reason;
        }

        lane.IsVerified = true;
        pass.IsRestarted = true;
    }

    // Sends the snapshots of the partitions that must begin with one.
    private async IAsyncEnumerable<FeedEvent> SnapshotsAsync(Pass pass, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var cursor in pass.Lane.Cursors.Where(cursor => cursor.Reset is not null && !pass.HasFailed))
        {
            yield return new FeedEvent.Reset(cursor.Partition, cursor.Reset!.Value);

            // The end before the first merchant is read: what is committed meanwhile comes after the snapshot.
            FeedSpan span = default;
            await TryAsync(pass, async () => span = await source.ReadSpanAsync(pass.Lane.Lane, cancellationToken));
            var after = "";
            while (!pass.HasFailed && after is not null)
            {
                FeedEvent.Snapshot? part = null;
                await TryAsync(pass, async () => (part, after) = await InTurnAsync(
                    () => ReadPartAsync(cursor.Partition, after, span.Last, cancellationToken), cancellationToken));
                if (part is not null)
                {
                    yield return part;
                }
            }

            if (!pass.HasFailed)
            {
                cursor.MoveTo(span.Last);
            }
        }
    }

    // Returns a part of a snapshot, and the merchant after which the next one begins; null after the last one.
    private async Task<(FeedEvent.Snapshot Part, string? After)> ReadPartAsync(
        int partition, string after, FeedPoint end, CancellationToken cancellationToken)
    {
        var part = ImmutableArray.CreateBuilder<(string, StoredMerchant?)>();
        var limit = partSize;
        var ids = await source.ReadDirectoryAsync(partition, after, limit, cancellationToken);
        var merchants = await source.ReadMerchantsAsync(ids, cancellationToken);
        var size = 0;
        foreach (var (id, merchant) in ids.Zip(merchants))
        {
            size += FeedSize.Of(merchant);
            if (part.Count > 0 && size > FeedSize.MaxPageLists)
            {
                break;
            }

            part.Add((id, merchant));
        }

        var isLast = ids.Length < limit && part.Count == ids.Length;
        partSize = isLast ? partSize : FeedSize.NextCount(ids.Length, part.Count, FeedSource.SnapshotSize);
        return (new(partition, part.ToImmutable(), isLast ? end : null), isLast ? null : part[^1].Item1);
    }

    // Reads the next commits of lanes. A lane without one, although it is behind, is interrupted.
    private async Task<List<(Pass Pass, FeedCommit Commit)>> ReadPageAsync(List<Pass> passes, CancellationToken cancellationToken)
    {
        var byLane = passes.ToDictionary(pass => pass.Lane.Lane);
        var entries = (await Task.WhenAll(passes.Select(pass => TryReadEntriesAsync(pass, cancellationToken)))).SelectMany(read => read).Take(pageSize).ToList();
        List<FeedCommit> commits = [];
        try
        {
            commits = await source.LoadAsync(entries, (lane, position) => byLane[lane].Lane.Wants(position.Partition, position.Point), cancellationToken);
        }
        catch (StoreUnavailableException) when (isOpen())
        {
            passes.ForEach(pass => pass.HasFailed = true);
        }

        var kept = KeptCount(commits);
        pageSize = kept < commits.Count || commits.Count == pageSize ? FeedSize.NextCount(commits.Count, kept, FeedSource.PageSize) : pageSize;
        return [.. commits.Take(kept).Select(commit => (byLane[commit.Lane], commit))];
    }

    // The others are read again: a stream keeps no more than that while its reader is slow.
    private static int KeptCount(List<FeedCommit> commits)
    {
        var (kept, size) = (0, 0L);
        foreach (var commit in commits)
        {
            size += commit.Size;
            if (kept > 0 && size > FeedSize.MaxCommits)
            {
                break;
            }

            kept++;
        }

        return kept;
    }

    private async Task<IEnumerable<(int Lane, FeedEntry Entry)>> TryReadEntriesAsync(Pass pass, CancellationToken cancellationToken)
    {
        ImmutableArray<FeedEntry> newer = [];
        await TryAsync(pass, async () =>
        {
            var entries = await source.ReadSharedEntriesAsync(pass.Lane.Lane, Math.Max(pass.Lane.Seen.Number, 1), cancellationToken);
            pass.IsInterrupted = !FeedChain.TryFollow(pass.Lane.Seen, entries, out newer) || newer.IsEmpty;
        });
        return pass.IsInterrupted ? [] : newer.Select(entry => (pass.Lane.Lane, entry));
    }

    // The lane was trimmed or put back since the span was read, or an entry is missing.
    private async Task LookAgainAsync(Pass pass, CancellationToken cancellationToken)
    {
        var lane = pass.Lane;
        pass.IsInterrupted = false;
        pass.HasFailed = ++pass.Interruptions == MaxInterruptions;
        lane.IsVerified = false;
        if (FeedChain.HasGap(lane.Seen, await source.ReadEntriesAsync(lane.Lane, Math.Max(lane.Seen.Number, 1), cancellationToken)))
        {
            lane.Reset();
        }

        pass.Span = await source.ReadSpanAsync(lane.Lane, cancellationToken);
    }

    // A few streams read the store at a time, a page each.
    private async Task<T> InTurnAsync<T>(Func<Task<T>> read, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            return await read();
        }
        finally
        {
            turns.Release();
        }
    }

    // A stream that has begun goes on with other lanes while the server of one does not answer.
    private async Task TryAsync(Pass pass, Func<Task> read)
    {
        try
        {
            await read();
        }
        catch (StoreUnavailableException) when (isOpen())
        {
            pass.HasFailed = true;
        }
    }

    /// <summary>A lane during one pass.</summary>
    private sealed class Pass(FeedLane lane, FeedSpan span)
    {
        public FeedLane Lane { get; } = lane;

        /// <summary>What was kept of the lane when it was looked at.</summary>
        public FeedSpan Span { get; set; } = span;

        /// <summary>Whether its positions were looked for, so that it is read on from the furthest one.</summary>
        public bool IsRestarted { get; set; }

        /// <summary>How often what was read did not continue the lane.</summary>
        public int Interruptions { get; set; }

        /// <summary>Whether what was read does not continue the lane.</summary>
        public bool IsInterrupted { get; set; }

        /// <summary>Whether it is left for the next pass: its server does not answer.</summary>
        public bool HasFailed { get; set; }

        /// <summary>How many commits it is behind.</summary>
        public long Behind => Span.Last.Number - Lane.Seen.Number;
    }
}
