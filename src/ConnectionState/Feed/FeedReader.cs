using System.Threading.Channels;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>
/// Reads the end of one lane for all streams of this process, into the buffer. Notifications and comparisons with the store only wake it. When it
/// cannot follow the lane without a gap, it says so in the buffer, and begins at the end again.
/// </summary>
/// <param name="lane">The lane.</param>
/// <param name="end">The end of the lane, or null if it could not be read.</param>
/// <param name="hub">Has the source of the lane, the buffer that gets the commits, and says which partitions streams follow.</param>
/// <param name="clock">The clock for delays.</param>
/// <param name="logger">The log.</param>
internal sealed partial class FeedReader(int lane, FeedPoint? end, FeedHub hub, TimeProvider clock, ILogger logger) : IDisposable
{
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(2);

    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { SingleReader = true });
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private FeedPoint? last = end;
    private int failures;
    private long confirmedAt = long.MinValue;

    /// <summary>The number of the lane.</summary>
    public int Lane => lane;

    /// <summary>When the last comparison with the store began that was not followed by a failure: a timestamp of the clock.</summary>
    public long ConfirmedAt => Volatile.Read(ref confirmedAt);

    /// <summary>Whether the reader follows the lane: what is committed from now on comes to the buffer.</summary>
    public bool IsFollowing
    {
        get
        {
            lock (gate)
            {
                return last is not null;
            }
        }
    }

    /// <summary>Starts the loop.</summary>
    public void Start()
    {
        // The loop outlives the call that starts it, so it must not capture that call's context.
        using (ExecutionContext.SuppressFlow())
        {
            var stopped = stopping.Token;
            _ = Task.Run(() => RunAsync(stopped), CancellationToken.None);
        }

        Hint();
    }

    /// <summary>Ends the loop.</summary>
    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
    }

    /// <summary>Makes the loop read the lane, because there may be new commits.</summary>
    public void Hint() => wake.Writer.TryWrite(true);

    /// <summary>Compares the reader with what is stored.</summary>
    /// <param name="span">What is kept of the lane.</param>
    /// <param name="began">When it was asked for, a timestamp of the clock.</param>
    public void Reconcile(FeedSpan span, long began)
    {
        if (Volatile.Read(ref failures) == 0)
        {
            Volatile.Write(ref confirmedAt, began);
        }

        lock (gate)
        {
            if (last == span.Last)
            {
                return;
            }
        }

        Hint();
    }

    private async Task RunAsync(CancellationToken stopped)
    {
        try
        {
            while (await wake.Reader.WaitToReadAsync(stopped))
            {
                wake.Reader.TryRead(out _);
                await TryReadAsync(stopped);
            }
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // No stream is open.
        }
    }

    private async Task TryReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await ReadPageAsync(cancellationToken))
            {
            }

            Volatile.Write(ref failures, 0);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Reading must not end: the streams would get nothing more, and say that they are live.
            var inARow = Interlocked.Increment(ref failures);
            if (inARow == 1)
            {
                LogFailure(e);
            }

            var delay = FirstRetryDelay * Math.Pow(2, Math.Min(inARow, 10) - 1);
            await Task.Delay(delay < MaxRetryDelay ? delay : MaxRetryDelay, clock, cancellationToken);
            Hint();
        }
    }

    // Once for all attempts: a lost shard of a Cluster has many lanes.
    private void LogFailure(Exception e)
    {
        if (e is StoreUnavailableException)
        {
            Log.StoreUnavailable(logger, lane, e);
        }
        else
        {
            Log.Failed(logger, lane, e);
        }
    }

    // Returns whether there may be more.
    private async Task<bool> ReadPageAsync(CancellationToken cancellationToken)
    {
        if (last is not { } known)
        {
            await BeginAtEndAsync(cancellationToken);
            return false;
        }

        // The entry that was read last is read again: if it is another one, the lane has lost commits.
        var entries = await hub.Source.ReadEntriesAsync(lane, Math.Max(known.Number, 1), cancellationToken);
        if (!FeedChain.TryFollow(known, entries, out var newer))
        {
            await BeginAtEndAsync(cancellationToken);
            return false;
        }

        if (newer.Length == 0)
        {
            return false;
        }

        // Whether a partition is followed is asked after the entries were read. A stream that begins later finds them in the store.
        var commits = await hub.Source.LoadAsync(
            [.. newer.Select(entry => (lane, entry))], (_, position) => hub.IsFollowed(position.Partition), cancellationToken);
        hub.Buffer.Append([.. commits.Select(commit => new FeedItem(lane, commit))]);
        lock (gate)
        {
            last = newer[^1].Point;
        }

        return newer.Length >= FeedSource.PageSize;
    }

    // The order matters: a stream that finds the interruption in the buffer reads the store then, and what is committed after that comes to the buffer.
    private async Task BeginAtEndAsync(CancellationToken cancellationToken)
    {
        var span = await hub.Source.ReadSpanAsync(lane, cancellationToken);
        lock (gate)
        {
            last = span.Last;
        }

        hub.Buffer.Append([new FeedItem(lane, Commit: null)]);
    }

    private static partial class Log
    {
        [LoggerMessage(4111, LogLevel.Warning, "Cannot read lane {Lane} of the feed: the store is unavailable. Retrying.")]
        public static partial void StoreUnavailable(ILogger logger, int lane, Exception exception);

        [LoggerMessage(4112, LogLevel.Error, "Reading lane {Lane} of the feed failed unexpectedly. Retrying.")]
        public static partial void Failed(ILogger logger, int lane, Exception exception);
    }
}
