using System.Threading.Channels;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>
/// Reads the end of one lane for all streams of this process, into the buffer. Notifications and comparisons with the store only wake it. When it
/// cannot follow the lane without a gap, it says so in the buffer, and begins at the end again.
/// </summary>
/// <param name="lane">The lane.</param>
/// <param name="end">The end of the lane, or null if it could not be read.</param>
/// <param name="source">Reads the lane.</param>
/// <param name="buffer">Gets the commits.</param>
/// <param name="clock">The clock for delays.</param>
/// <param name="logger">The log.</param>
internal sealed partial class FeedReader(int lane, FeedPoint? end, FeedSource source, FeedBuffer buffer, TimeProvider clock, ILogger logger) : IDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { SingleReader = true });
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private FeedPoint? last = end;
    private bool hasFailed;

    /// <summary>Whether the last read failed.</summary>
    public bool HasFailed => Volatile.Read(ref hasFailed);

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
    public void Reconcile(FeedSpan span)
    {
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

            Volatile.Write(ref hasFailed, false);
        }
        catch (StoreUnavailableException e)
        {
            Volatile.Write(ref hasFailed, true);
            Log.StoreUnavailable(logger, lane, e);
            await Task.Delay(RetryDelay, clock, cancellationToken);
            Hint();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Reading must not end: the streams would get nothing more, and say that they are live.
            Volatile.Write(ref hasFailed, true);
            Log.Failed(logger, lane, e);
            await Task.Delay(RetryDelay, clock, cancellationToken);
            Hint();
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
        var entries = await source.ReadEntriesAsync(lane, Math.Max(known.Number, 1), cancellationToken);
        if (!FeedChain.TryFollow(known, entries, out var newer))
        {
            await BeginAtEndAsync(cancellationToken);
            return false;
        }

        if (newer.Length == 0)
        {
            return false;
        }

        var commits = await source.LoadAsync(lane, newer, cancellationToken);
        buffer.Append([.. commits.Select(commit => new FeedItem(lane, commit))]);
        lock (gate)
        {
            last = newer[^1].Point;
        }

        return newer.Length >= FeedSource.PageSize;
    }

    // The order matters: a stream that finds the interruption in the buffer reads the store then, and what is committed after that comes to the buffer.
    private async Task BeginAtEndAsync(CancellationToken cancellationToken)
    {
        var span = (await source.ReadSpansAsync(cancellationToken))[lane];
        lock (gate)
        {
            last = span?.Last;
        }

        buffer.Append([new FeedItem(lane, Commit: null)]);
    }

    private static partial class Log
    {
        [LoggerMessage(4111, LogLevel.Warning, "Cannot read lane {Lane} of the feed: the store is unavailable. Retrying.")]
        public static partial void StoreUnavailable(ILogger logger, int lane, Exception exception);

        [LoggerMessage(4112, LogLevel.Error, "Reading lane {Lane} of the feed failed unexpectedly. Retrying.")]
        public static partial void Failed(ILogger logger, int lane, Exception exception);
    }
}
