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
    private readonly Task running;
    private long validUntil;
    private string handled = "";
    private string committed = "";
    private bool rewinds;

    public FeedPartition(
        int number, long epoch, string position, IFeedHandler handler, FeedProcessorOptions options, string consumer, TimeProvider clock, ILogger logger)
    {
        (Number, Epoch, Received) = (number, epoch, position);
        (this.handler, this.options, this.consumer, this.clock, this.logger) = (handler, options, consumer, clock, logger);
        running = Task.Run(RunAsync);
    }

    public int Number { get; }

    public long Epoch { get; }

    /// <summary>The position after what was received: where the next stream begins. Empty if there is none.</summary>
    public string Received { get; private set; }

    /// <summary>Whether the partition must begin with a snapshot: it was reset, and its snapshot has not ended.</summary>
    public bool NeedsSnapshot { get; private set; }

    /// <summary>Prolongs the lease.</summary>
    public void Renew(long until) => Volatile.Write(ref validUntil, until);

    /// <summary>Receives a message. Waits while too many are queued.</summary>
    public async ValueTask ReceiveAsync(WatchFeedResponse? message, string position, CancellationToken cancellationToken)
    {
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping.Token);
        try
        {
            await queue.Writer.WriteAsync(new(message, position), any.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The partition is not held any more.
            return;
        }

        // A snapshot has a position at its end only: a stream that breaks before begins it again.
        NeedsSnapshot = message switch
        {
            { Reset: not null } => true,
            { Snapshot.Last: true } => false,
            _ => NeedsSnapshot,
        };
        Received = position.Length > 0 ? position : Received;
    }

    /// <summary>Returns the position to commit, or null if it was committed.</summary>
    public (string Position, bool Rewinds)? TakeUncommitted()
    {
        lock (gate)
        {
            return handled == committed ? null : (handled, rewinds);
        }
    }

    /// <summary>Notes that a position was committed.</summary>
    public void Commit(string position)
    {
        lock (gate)
        {
            (committed, rewinds) = (position, rewinds && handled != position);
        }
    }

    /// <summary>Stops, and waits until the handler has returned.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var item = await queue.Reader.ReadAsync(stopping.Token).ConfigureAwait(false);
                await HandleAsync(item, stopping.Token).ConfigureAwait(false);
                if (item.Position.Length > 0)
                {
                    lock (gate)
                    {
                        handled = item.Position;
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The partition is not held any more.
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
                    // The store may number commits again that it has lost.
                    rewinds = true;
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
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e)
            {
                Log.FeedHandlerFailed(logger, consumer, Number, commit?.MerchantId, commit?.Revision, attempts, e);
                if (commit is not null && handler.OnFailure(commit, e, attempts))
                {
                    Log.FeedCommitSkipped(logger, consumer, Number, commit.MerchantId, commit.Revision);
                    return;
                }
            }

            await Task.Delay(Backoff.NextDelay(attempts, FirstRetryDelay, options.MaxRetryDelay), clock, cancellationToken).ConfigureAwait(false);
        }
    }

    // A process that was frozen finds its leases ended: another instance may hold the partition.
    private async Task WaitForLeaseAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (clock.GetTimestamp() >= Volatile.Read(ref validUntil))
        {
            await Task.Delay(LeasePollInterval, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private readonly record struct Item(WatchFeedResponse? Message, string Position);
}
