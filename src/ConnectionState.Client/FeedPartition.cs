using System.Threading.Channels;
using ConnectionStateService.V1;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Client;

/// <summary>One partition that this instance holds: handles its messages one after the other, while its lease is valid.</summary>
#pragma warning disable CA1001 // They have neither timers nor handles: there is nothing to dispose.
internal sealed class FeedPartition
#pragma warning restore CA1001
{
    private const int QueuedMessages = 32;

    // So many failures in a row will not pass soon: the stream does not wait for the partition any more.
    private const int FailuresUntilStuck = 3;

    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LeasePollInterval = TimeSpan.FromMilliseconds(50);

    private readonly Channel<Item> queue = Channel.CreateBounded<Item>(new BoundedChannelOptions(QueuedMessages) { SingleReader = true });
    private readonly CancellationTokenSource stopping = new();
    private readonly object gate = new();
    private readonly IFeedHandler handler;
    private readonly FeedProcessorOptions options;
    private readonly string consumer;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly Func<Task> unparked;
    private TaskCompletionSource stuck = NewSignal();
    private long validUntil;
    private HandledPosition? uncommitted;
    private int resets;
    private int committedResets;
    private bool isParked;

    /// <summary>Begins a partition.</summary>
    /// <param name="number">The partition.</param>
    /// <param name="epoch">The epoch of its lease.</param>
    /// <param name="position">Where it begins, or empty.</param>
    /// <param name="handler">Handles its messages.</param>
    /// <param name="options">The options of the processor.</param>
    /// <param name="consumer">The name of the consumer.</param>
    /// <param name="clock">The clock of the leases.</param>
    /// <param name="logger">The log.</param>
    /// <param name="unparked">Called when the partition can receive again after <see cref="ReceiveAsync"/> has returned false.</param>
    public FeedPartition(
        int number,
        long epoch,
        string position,
        IFeedHandler handler,
        FeedProcessorOptions options,
        string consumer,
        TimeProvider clock,
        ILogger logger,
        Func<Task>? unparked = null)
    {
        (Number, Epoch, Received) = (number, epoch, position);
        (this.handler, this.options, this.consumer, this.clock, this.logger) = (handler, options, consumer, clock, logger);
        this.unparked = unparked ?? (() => Task.CompletedTask);
        Running = Task.Run(RunAsync);
    }

    public int Number { get; }

    public long Epoch { get; }

    /// <summary>Ends when the partition was stopped and its handler has returned; fails if it cannot go on.</summary>
    public Task Running { get; }

    /// <summary>Whether the lease is valid.</summary>
    public bool HasLease => clock.GetTimestamp() < Volatile.Read(ref validUntil);

    /// <summary>Whether streams go on without the partition: its handler fails again and again, and its queue is full.</summary>
    public bool IsParked
    {
        get
        {
            lock (gate)
            {
                return isParked;
            }
        }
    }

    /// <summary>The position after what was received: where the next stream begins. Empty if there is none.</summary>
    public string Received { get; private set; }

    /// <summary>Whether the partition must begin with a snapshot: it was reset, and its snapshot has not ended.</summary>
    public bool NeedsSnapshot { get; private set; }

    /// <summary>Prolongs the lease.</summary>
    public void Renew(long until) => Volatile.Write(ref validUntil, until);

    /// <summary>Where a partition begins that had no position; otherwise empty. It does not change when it is committed again.</summary>
    public string Start { get; private set; } = "";

    /// <summary>Sets where the partition begins, to be committed before anything is received.</summary>
    public void Begin(string start)
    {
        lock (gate)
        {
            (Start, uncommitted) = (start, new(start, resets));
        }
    }

    /// <summary>Whether it is committed where the partition begins. If so, the next stream begins there.</summary>
    public bool HasBegun()
    {
        lock (gate)
        {
            Received = uncommitted is null ? Start : Received;
            return uncommitted is null;
        }
    }

    /// <summary>Receives a message. Waits while too many are queued, but not for a handler that fails again and again.</summary>
    /// <returns>False if the partition takes no more messages of this stream: it was stopped or parked. The message was not received.</returns>
    public async ValueTask<bool> ReceiveAsync(WatchFeedResponse? message, string position, CancellationToken cancellationToken)
    {
        while (!stopping.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task unstuck;
            lock (gate)
            {
                if (isParked)
                {
                    return false;
                }

                if (queue.Writer.TryWrite(new(message, position)))
                {
                    // A snapshot has a position at its end only: a stream that breaks before begins it again.
                    NeedsSnapshot = message is { Reset: not null } || (NeedsSnapshot && message is not { Snapshot.Last: true });
                    Received = position.Length > 0 ? position : Received;
                    return true;
                }

                if (stuck.Task.IsCompleted)
                {
                    isParked = true;
                    return false;
                }

                unstuck = stuck.Task;
            }

            using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping.Token);
            await Task.WhenAny(queue.Writer.WaitToWriteAsync(any.Token).AsTask(), unstuck).ConfigureAwait(false);
            await any.CancelAsync().ConfigureAwait(false);
        }

        return false;
    }

    /// <summary>Returns the position to commit, or null if there is none.</summary>
    public HandledPosition? TakeUncommitted()
    {
        lock (gate)
        {
            return uncommitted;
        }
    }

    /// <summary>Whether a position may be before the one that is kept: no position after the last reset was committed.</summary>
    public bool Rewinds(HandledPosition position)
    {
        lock (gate)
        {
            return position.Resets > committedResets;
        }
    }

    /// <summary>Notes that a position was committed.</summary>
    public void Commit(HandledPosition position)
    {
        lock (gate)
        {
            committedResets = Math.Max(committedResets, position.Resets);
            uncommitted = uncommitted == position ? null : uncommitted;
        }
    }

    /// <summary>Stops, and waits until the handler has returned.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var item = await queue.Reader.ReadAsync(stopping.Token).ConfigureAwait(false);
                await HandleAsync(item, stopping.Token).ConfigureAwait(false);
                if (NoteHandled(item.Position))
                {
                    await unparked().ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The partition is not held any more.
        }
    }

    // Returns whether the partition was parked and its queue is empty now: until then a stream would only park it again.
    private bool NoteHandled(string position)
    {
        lock (gate)
        {
            uncommitted = position.Length > 0 ? new(position, resets) : uncommitted;
            if (!isParked || queue.Reader.Count > 0)
            {
                return false;
            }

            isParked = false;
            return true;
        }
    }

    private async Task HandleAsync(Item item, CancellationToken cancellationToken)
    {
        switch (item.Message)
        {
            case { Commit: { } commit }:
                await RetryAsync(commit, () => handler.OnCommitAsync(commit, cancellationToken), cancellationToken).ConfigureAwait(false);
                break;
            case { Superseded: { } superseded }:
                await RetryAsync(
                    null,
                    () => handler.OnPageListAsync(superseded.MerchantId, superseded.PageList, superseded.CommitId, cancellationToken),
                    cancellationToken).ConfigureAwait(false);
                break;
            case { Snapshot: { } snapshot }:
                foreach (var merchant in snapshot.Merchants)
                {
                    await RetryAsync(
                        null,
                        () => handler.OnPageListAsync(merchant.MerchantId, merchant.PageList, merchant.CommitId, cancellationToken),
                        cancellationToken).ConfigureAwait(false);
                }

                break;
            case { Reset: { } reset }:
                lock (gate)
                {
                    // The store may number commits again that it has lost. What was handled before says nothing about those.
                    (resets, uncommitted) = (resets + 1, null);
                }

                await RetryAsync(null, () => handler.OnResetAsync(Number, reset.Reason, cancellationToken), cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    private async Task RetryAsync(WatchFeedResponse.Types.Commit? commit, Func<Task> handle, CancellationToken cancellationToken)
    {
        for (var attempts = 1; ; attempts++)
        {
            await WaitForLeaseAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await handle().ConfigureAwait(false);
                NoteFailures(0);
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e)
            {
                Log.FeedHandlerFailed(logger, consumer, Number, commit?.MerchantId, commit?.Revision, attempts, e);
                if (commit is not null && Skips(commit, e, attempts))
                {
                    NoteFailures(0);
                    Log.FeedCommitSkipped(logger, consumer, Number, commit.MerchantId, commit.Revision);
                    return;
                }
            }

            NoteFailures(attempts);
            await Task.Delay(Backoff.NextDelay(attempts, FirstRetryDelay, options.MaxRetryDelay), clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool Skips(WatchFeedResponse.Types.Commit commit, Exception failure, int attempts)
    {
        try
        {
            return handler.OnFailure(commit, failure, attempts);
        }
        catch (Exception e)
        {
            // It has not decided to skip the commit.
            Log.FeedHandlerFailed(logger, consumer, Number, commit.MerchantId, commit.Revision, attempts, e);
            return false;
        }
    }

    private void NoteFailures(int inARow)
    {
        lock (gate)
        {
            if (inARow >= FailuresUntilStuck)
            {
                stuck.TrySetResult();
            }
            else if (inARow == 0 && stuck.Task.IsCompleted)
            {
                stuck = NewSignal();
            }
        }
    }

    // A process that was frozen finds its leases ended: another instance may hold the partition.
    private async Task WaitForLeaseAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (!HasLease)
        {
            await Task.Delay(LeasePollInterval, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A position whose messages were handled.</summary>
    /// <param name="Position">The position.</param>
    /// <param name="Resets">How many resets the partition had before it.</param>
    internal readonly record struct HandledPosition(string Position, int Resets);

    private readonly record struct Item(WatchFeedResponse? Message, string Position);
}
