using System.Collections.Concurrent;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Result = ConnectionStateService.V1.CommitFeedPositionsResponse.Types.Result;

namespace ConnectionStateService.Client;

/// <summary>
/// Processes the feed as one instance of a consumer: shares the partitions with the other instances of the same name, calls a handler for each commit, in
/// order within a partition and partitions in parallel, and commits positions after the handler. It goes on after restarts, failovers and
/// lost connections.
/// </summary>
/// <remarks>Each commit is handled at least once: again after a crash, or after a move to another instance.</remarks>
#pragma warning disable CA1001 // They have neither timers nor handles: there is nothing to dispose.
public sealed class FeedProcessor
#pragma warning restore CA1001
{
    private const int MissedCheckpoints = 3;

    private static readonly TimeSpan FirstMessageTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly ConnectionStateClient client;
    private readonly string name;
    private readonly IFeedHandler handler;
    private readonly FeedProcessorOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly ConcurrentDictionary<int, FeedPartition> partitions = new();

    // Those that are stopped: their handlers may take a while to return. Only the heartbeats change it.
    private readonly Dictionary<int, (FeedPartition Partition, Task Ended)> ending = [];
    private readonly SemaphoreSlim committing = new(1);

    // Tells two processes of the same instance name apart.
    private readonly string session = Guid.NewGuid().ToString("N");
    private CancellationTokenSource streaming = new();
    private TaskCompletionSource failed = new();
    private int[] toRelease = [];

    /// <summary>Creates a processor. <see cref="RunAsync"/> runs it.</summary>
    /// <param name="client">The client.</param>
    /// <param name="name">The name of the consumer: 1 to 64 of <c>A-Z a-z 0-9 . _ : -</c>. All its instances have the same.</param>
    /// <param name="handler">Handles what is received.</param>
    /// <param name="options">The options, or null for the defaults.</param>
    public FeedProcessor(ConnectionStateClient client, string name, IFeedHandler handler, FeedProcessorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(handler);
        (this.client, this.name, this.handler, this.options) = (client, name, handler, options ?? new FeedProcessorOptions());
        (clock, logger) = (client.Clock, client.CreateLogger<FeedProcessor>());
    }

    /// <summary>Processes the feed until it is canceled. Then it waits for the handlers, commits their positions and gives up its partitions.</summary>
    /// <remarks>If a partition cannot go on, because of a failure outside the handler, the processor ends with that exception.</remarks>
    /// <exception cref="RpcException">The server refuses the calls for a reason that does not pass, such as a missing scope or an invalid name.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] loops = [StreamAsync(stopping.Token), HoldAsync(stopping.Token), CommitAsync(stopping.Token)];
        try
        {
            // The first one that fails ends the others.
            await (await Task.WhenAny([.. loops, failed.Task]).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped by the caller.
        }
        finally
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await LeaveAsync().ConfigureAwait(false);
        }
    }

    private async Task LeaveAsync()
    {
        FeedPartition[] held = [.. partitions.Values, .. ending.Values.Select(end => end.Partition)];
        await Task.WhenAll(held.Select(partition => partition.StopAsync())).ConfigureAwait(false);
        await Task.WhenAll(ending.Values.Select(end => end.Ended)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await CommitOnceAsync(held, CancellationToken.None).ConfigureAwait(false);
            await client.Feeds.HoldFeedPartitionsAsync(
                new() { Consumer = name, Instance = options.Instance, Session = session, Leaving = true }).ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            // The leases end by themselves, and what was not committed is handled again.
            Log.FeedCallFailed(logger, name, e.StatusCode, e.Status.Detail);
        }

        partitions.Clear();
        ending.Clear();
        toRelease = [];
    }

    // Renews the leases, and begins and ends partitions.
    private async Task HoldAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await HoldOnceAsync(cancellationToken).ConfigureAwait(false))
                {
                    await RestartStreamAsync().ConfigureAwait(false);
                }
            }
            catch (RpcException e) when (IsTransient(e))
            {
                Log.FeedCallFailed(logger, name, e.StatusCode, e.Status.Detail);
            }

            // A partition that has ended is released, or begins anew, at once.
            var heartbeat = Task.Delay(options.HeartbeatInterval, clock, cancellationToken);
            await Task.WhenAny([heartbeat, .. ending.Values.Select(end => end.Ended)]).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    // Returns whether partitions have begun or ended.
    private async Task<bool> HoldOnceAsync(CancellationToken cancellationToken)
    {
        foreach (var (number, (_, task)) in ending.Where(end => end.Value.Ended.IsCompleted).ToList())
        {
            ending.Remove(number);
            await task.ConfigureAwait(false);
        }

        // Before the call: the lease is valid from then on at the latest.
        var sentAt = clock.GetTimestamp();
        var request = new HoldFeedPartitionsRequest { Consumer = name, Instance = options.Instance, Session = session };
        request.Released.AddRange(toRelease.Where(partition => !ending.ContainsKey(partition)));
        var response = await client.Feeds.HoldFeedPartitionsAsync(request, cancellationToken: cancellationToken).ConfigureAwait(false);
        var leases = response.Leases.ToDictionary(lease => lease.Partition);
        toRelease = [.. leases.Values.Where(lease => lease.Release).Select(lease => lease.Partition)];

        var ended = partitions.Values
            .Where(held => !leases.TryGetValue(held.Number, out var lease) || lease.Release || lease.Epoch != held.Epoch).ToList();
        foreach (var partition in ended)
        {
            partitions.TryRemove(partition.Number, out _);
            ending[partition.Number] = (partition, EndAsync(partition, cancellationToken));
        }

        // One that is ending does not begin anew before it has ended: its handler may still run.
        var begun = leases.Values
            .Where(lease => !lease.Release && !partitions.ContainsKey(lease.Partition) && !ending.ContainsKey(lease.Partition)).ToList();
        begun.ForEach(lease => partitions[lease.Partition] = Begin(lease));
        foreach (var partition in partitions.Values)
        {
            partition.Renew(sentAt + (long)(leases[partition.Number].ExpiresIn.ToTimeSpan().TotalSeconds * clock.TimestampFrequency));
        }

        if (ended.Count + begun.Count > 0)
        {
            Log.FeedPartitionsChanged(logger, name, options.Instance, partitions.Count, begun.Count, ended.Count);
        }

        return ended.Count + begun.Count > 0;
    }

    private FeedPartition Begin(HoldFeedPartitionsResponse.Types.Lease lease)
    {
        var partition = new FeedPartition(
            lease.Partition, lease.Epoch, lease.Position, handler, options, name, clock, logger, RestartStreamAsync);
        _ = ObserveAsync(partition);
        return partition;
    }

    // A partition that cannot go on would hold its lease for ever.
    private async Task ObserveAsync(FeedPartition partition)
    {
        try
        {
            await partition.Running.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failed.TrySetException(e);
        }
    }

    // Waits for the handler and commits what it has handled, while heartbeats renew the other leases.
    private async Task EndAsync(FeedPartition partition, CancellationToken cancellationToken)
    {
        await partition.StopAsync().ConfigureAwait(false);
        while (true)
        {
            try
            {
                await CommitOnceAsync([partition], cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (RpcException e) when (IsTransient(e))
            {
                Log.FeedCallFailed(logger, name, e.StatusCode, e.Status.Detail);
                if (!partition.HasLease)
                {
                    // The next holder handles it again.
                    return;
                }
            }

            await Task.Delay(options.HeartbeatInterval, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RestartStreamAsync()
    {
        var before = Interlocked.Exchange(ref streaming, new CancellationTokenSource());
        await before.CancelAsync().ConfigureAwait(false);
    }

    // Reads one stream after the other.
    private async Task StreamAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var restarting = Volatile.Read(ref streaming).Token;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(restarting, cancellationToken);
            try
            {
                await StreamOnceAsync(() => attempt = 0, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (restarting.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // The partitions have changed.
                attempt = 0;
                continue;
            }
            catch (RpcException e) when (IsTransient(e))
            {
                Log.FeedCallFailed(logger, name, e.StatusCode, e.Status.Detail);
            }

            await Task.Delay(Backoff.NextDelay(Math.Max(attempt, 1), FirstRetryDelay, options.MaxRetryDelay), clock, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private async Task StreamOnceAsync(Action received, CancellationToken cancellationToken)
    {
        // A partition that begins anew while this stream is open gets its messages from the next stream only, which begins where it does.
        var receiving = partitions.Values.Where(partition => !partition.IsParked).ToDictionary(partition => partition.Number);
        if (receiving.Count == 0)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellationToken).ConfigureAwait(false);
        }

        var request = new WatchFeedRequest { Filter = options.Filter, IncludePageList = options.IncludePageLists };
        request.Starts.AddRange(await StartsAsync(receiving.Values, cancellationToken).ConfigureAwait(false));
        using var call = client.Feeds.WatchFeed(request, cancellationToken: cancellationToken);
        var timeout = FirstMessageTimeout;
        while (await MoveNextAsync(call.ResponseStream, timeout, cancellationToken).ConfigureAwait(false))
        {
            received();
            var message = call.ResponseStream.Current;
            timeout = message.CheckpointInterval?.ToTimeSpan() * MissedCheckpoints ?? timeout;
            if (message.Checkpoint is { } checkpoint)
            {
                foreach (var position in checkpoint.Positions)
                {
                    await ReceiveAsync(receiving, position.Partition, null, position.Position_, cancellationToken).ConfigureAwait(false);
                }
            }
            else if (message.CaughtUp is null && message.FellBehind is null)
            {
                await ReceiveAsync(receiving, message.Partition, message, message.Position, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask ReceiveAsync(
        Dictionary<int, FeedPartition> receiving, int number, WatchFeedResponse? message, string position, CancellationToken cancellationToken)
    {
        if (receiving.TryGetValue(number, out var partition) && !await partition.ReceiveAsync(message, position, cancellationToken).ConfigureAwait(false))
        {
            // The next messages of this stream would leave a gap.
            receiving.Remove(number);
        }
    }

    private async Task<List<FeedStart>> StartsAsync(IReadOnlyCollection<FeedPartition> receiving, CancellationToken cancellationToken)
    {
        if (options.Start is not FeedProcessorStart.Snapshot)
        {
            await CommitStartsAsync([.. receiving.Where(partition => partition.Received.Length == 0 && !partition.NeedsSnapshot)], cancellationToken)
                .ConfigureAwait(false);
        }

        return [.. receiving.Select(partition =>
        {
            var start = new FeedStart { Partition = partition.Number };
            if (partition.NeedsSnapshot)
            {
                start.Snapshot = true;
            }
            else if (partition.Received.Length > 0)
            {
                start.Position = partition.Received;
            }
            else
            {
                start.Snapshot = true;
            }

            return start;
        })];
    }

    // Commits where partitions begin before the first commit is received: another instance that takes one over begins there too, and misses nothing.
    private async Task CommitStartsAsync(List<FeedPartition> unknown, CancellationToken cancellationToken)
    {
        if (unknown.Exists(partition => partition.Start.Length == 0))
        {
            var response = await client.Feeds.GetFeedPositionsAsync(new(), cancellationToken: cancellationToken).ConfigureAwait(false);
            var kept = response.Partitions.ToDictionary(partition => partition.Partition_);
            foreach (var partition in unknown.Where(partition => partition.Start.Length == 0))
            {
                if (!kept.TryGetValue(partition.Number, out var span))
                {
                    throw new RpcException(new Status(StatusCode.Unavailable, $"The positions of partition {partition.Number} are not known yet."));
                }

                partition.Begin(options.Start is FeedProcessorStart.Oldest ? span.Oldest : span.Newest);
            }
        }

        await CommitOnceAsync(unknown, cancellationToken).ConfigureAwait(false);
        if (!unknown.TrueForAll(partition => partition.HasBegun()))
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "Where a partition begins was not committed: its lease was lost."));
        }
    }

    private async Task<bool> MoveNextAsync(IAsyncStreamReader<WatchFeedResponse> stream, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var watchdog = new CancellationTokenSource(timeout, clock);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(watchdog.Token, cancellationToken);
        try
        {
            return await stream.MoveNext(any.Token).ConfigureAwait(false);
        }
        catch (Exception e) when ((e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
            && watchdog.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"No message for {timeout}; the connection is considered lost."));
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The stream was canceled.", e, cancellationToken);
        }
    }

    private async Task CommitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(options.CommitInterval, clock, cancellationToken).ConfigureAwait(false);
            try
            {
                await CommitOnceAsync([.. partitions.Values], cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException e) when (IsTransient(e))
            {
                Log.FeedCallFailed(logger, name, e.StatusCode, e.Status.Detail);
            }
        }
    }

    private async Task CommitOnceAsync(IReadOnlyCollection<FeedPartition> held, CancellationToken cancellationToken)
    {
        await committing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var rewinds in (bool[])[false, true])
            {
                var uncommitted = held.Select(partition => (Partition: partition, Taken: partition.TakeUncommitted()))
                    .Where(partition => partition.Taken is { } taken && partition.Partition.Rewinds(taken) == rewinds).ToList();
                if (uncommitted.Count == 0)
                {
                    continue;
                }

                var request = new CommitFeedPositionsRequest { Consumer = name, Instance = options.Instance, Rewind = rewinds };
                request.Positions.AddRange(uncommitted.Select(partition => new CommitFeedPositionsRequest.Types.Position
                {
                    Partition = partition.Partition.Number,
                    Position_ = partition.Taken!.Value.Position,
                    Epoch = partition.Partition.Epoch,
                }));
                var response = await client.Feeds.CommitFeedPositionsAsync(request, cancellationToken: cancellationToken).ConfigureAwait(false);
                foreach (var ((partition, taken), outcome) in uncommitted.Zip(response.Outcomes))
                {
                    if (outcome.Result is Result.LeaseLost)
                    {
                        // The next heartbeat ends it. What it has handled is handled again by the next holder.
                        Log.FeedLeaseLost(logger, name, partition.Number);
                    }
                    else if (outcome.Result is Result.Committed)
                    {
                        partition.Commit(taken!.Value);
                    }
                }
            }
        }
        finally
        {
            committing.Release();
        }
    }

    // The stream of a token that has expired ends too; the next one has a fresh token.
    private static bool IsTransient(RpcException e) => e.GetConnectionStateError().Reason is ErrorReason.TokenExpired || e.StatusCode is not (StatusCode.InvalidArgument or StatusCode.PermissionDenied
        or StatusCode.Unauthenticated or StatusCode.Unimplemented or StatusCode.NotFound);
}
