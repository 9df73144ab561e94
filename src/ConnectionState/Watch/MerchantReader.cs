using System.Collections.Immutable;
using System.Threading.Channels;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Watch;

/// <summary>
/// Follows the history of one merchant for all streams that watch it. Everything is told from one loop, so that streams need no order
/// among themselves; what others say to the reader only wakes the loop.
/// </summary>
internal sealed partial class MerchantReader(
    string merchantId, IConnectionStore store, Instruments instruments, WatchOptions options, TimeProvider clock, ILogger logger)
{
    // One more than may be told, so that too many can be told from just enough.
    private const int MostCommits = Continuation.MostChanges + 1;

    private readonly Lock gate = new();
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { SingleReader = true });
    private ImmutableList<WatchStream> streams = [];
    private bool behind;
    private HistoryPosition? confirmed;

    // Where the streams that have joined are. Written by the loop alone.
    private HistoryPosition head;

    /// <summary>How many streams there are.</summary>
    public int Count => streams.Count;

    public void Start()
    {
        // The loop outlives the call that begins it, and must not carry that call's context along.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(RunAsync);
        }
    }

    /// <summary>Ends the loop; the streams are left alone.</summary>
    public void Stop() => wake.Writer.TryComplete();

    /// <summary>Adds a stream: it is told where it stands, from a read that begins after this call.</summary>
    public void Add(WatchStream stream)
    {
        ImmutableInterlocked.Update(ref streams, all => all.Add(stream));
        Hint();
    }

    public void Remove(WatchStream stream) => ImmutableInterlocked.Update(ref streams, all => all.Remove(stream));

    /// <summary>There may be something new.</summary>
    public void Hint()
    {
        lock (gate)
        {
            behind = true;
        }

        wake.Writer.TryWrite(true);
    }

    /// <summary>The store has said where the merchant's history stands.</summary>
    public void Compare(HistoryPosition place)
    {
        lock (gate)
        {
            if (head == place)
            {
                confirmed = place;
            }
            else
            {
                behind = true;
            }
        }

        wake.Writer.TryWrite(true);
    }

    private async Task RunAsync()
    {
        while (await wake.Reader.WaitToReadAsync())
        {
            wake.Reader.TryRead(out _);
            await RoundAsync();
        }
    }

    private async Task RoundAsync()
    {
        bool read;
        HistoryPosition? said;
        lock (gate)
        {
            (read, behind, said, confirmed) = (behind, false, confirmed, null);
        }

        // After the flags: a stream that is added later has woken the loop for a read of its own.
        var all = streams;
        try
        {
            if (read)
            {
                await CatchUpAsync(all);
            }

            if (said == head)
            {
                TellQuietStreams(all);
            }
        }
        catch (StoreUnavailableException e)
        {
            // Who is here already stays, and hears nothing until the store answers again: the next comparison finds out.
            all.FindAll(stream => !stream.HasJoined).ForEach(stream => stream.Fail(e));
            Log.StoreUnavailable(logger, merchantId, e);
        }
        catch (Exception e)
        {
            all.ForEach(stream => stream.Fail(e));
        }
    }

    private async Task CatchUpAsync(ImmutableList<WatchStream> all)
    {
        var now = await store.ReadAsync(merchantId, CancellationToken.None);
        var joined = all.Where(s => s.HasJoined).ToList();
        if (joined.Count > 0 && now.Position != head)
        {
            var delivery = await ContinueAsync(head, now);
            joined.ForEach(stream => Tell(stream, delivery));
        }

        lock (gate)
        {
            head = now.Position;
        }

        foreach (var stream in all.Where(s => !s.HasJoined))
        {
            Tell(stream, stream.From is { } from
                ? await ContinueAsync(from, now)
                : new WatchEvent.Snapshot(now.Record, now.Position, SnapshotReason.Initial));
        }
    }

    private async ValueTask<WatchEvent> ContinueAsync(HistoryPosition from, StoredMerchant now)
    {
        try
        {
            var commits = now.Position.Revision > from.Revision
                ? await store.ReadCommitsAsync(merchantId, from.Revision, MostCommits, CancellationToken.None)
                : [];
            return Continuation.From(from, now, commits);
        }
        catch (RecordUnreadableException e)
        {
            // The list itself can be read. An entry of the history that cannot is as good as one that is no longer kept.
            instruments.UnreadableRecords.Add(1);
            Log.HistoryUnreadable(logger, merchantId, e);
            return new WatchEvent.Snapshot(now.Record, now.Position, SnapshotReason.HistoryTrimmed);
        }
    }

    // Not all at the same time, and early enough that the next comparison is not too late.
    private void TellQuietStreams(ImmutableList<WatchStream> all)
    {
        foreach (var stream in all)
        {
            var quiet = options.CheckpointInterval * (1 + Random.Shared.NextDouble()) / 3;
            if (stream.HasJoined && clock.GetElapsedTime(stream.ToldAt) >= quiet)
            {
                Tell(stream, new WatchEvent.Checkpoint(head));
            }
        }
    }

    private void Tell(WatchStream stream, WatchEvent delivery)
    {
        if (!stream.Offer(delivery, clock.GetTimestamp()))
        {
            instruments.StreamsFallenBehind.Add(1);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The history of merchant {Merchant} cannot be followed: the store does not answer.")]
        public static partial void StoreUnavailable(ILogger logger, string merchant, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "The history of merchant {Merchant} cannot be read; those who watch get the page list alone.")]
        public static partial void HistoryUnreadable(ILogger logger, string merchant, Exception exception);
    }
}
