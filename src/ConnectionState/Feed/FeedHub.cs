using System.Collections.Immutable;
using System.Threading.Channels;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Feed;

/// <summary>All open streams of the feed in this process. They share one <see cref="FeedReader"/> for each lane and one <see cref="FeedBuffer"/>.</summary>
internal sealed class FeedHub : IDisposable
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim starting = new(1);
    private readonly FeedOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<FeedHub> logger;
    private readonly FeedReader?[] readers;
    private readonly IDisposable subscription;
    private readonly Channel<bool> lostNotifications = Channel.CreateBounded<bool>(1);
    private readonly int[] followers = new int[Partition.Count];
    private int open;
    private int parked;

    public FeedHub(
        FeedSource source,
        IMerchantHistory history,
        Instruments instruments,
        IOptions<FeedOptions> options,
        TimeProvider clock,
        ILogger<FeedHub> logger)
    {
        (Source, this.options, this.clock, this.logger) = (source, options.Value, clock, logger);
        readers = new FeedReader?[source.Lanes];
        Buffer = new FeedBuffer(this.options.BufferedCommits);
        CatchUps = new SemaphoreSlim(this.options.CatchUpReaders);
        subscription = history.Subscribe(Hint, () => lostNotifications.Writer.TryWrite(true));
        instruments.ObserveFeedStreams(() => open - parked, () => parked);
    }

    public FeedSource Source { get; }

    public FeedBuffer Buffer { get; }

    /// <summary>The turns of streams that read the store.</summary>
    public SemaphoreSlim CatchUps { get; }

    /// <summary>Opens a stream, unless too many are open. Disposing it makes room for another one.</summary>
    public FeedStream? TryOpen(FeedRequest request)
    {
        lock (gate)
        {
            if (open >= options.Streams)
            {
                return null;
            }

            open++;
            var stream = new FeedStream(request, this, options, clock);
            Count(stream, 1);
            return stream;
        }
    }

    /// <summary>Starts to follow lanes. Commits that are made after it returns come to the buffer, but for lanes whose server does not answer.</summary>
    /// <exception cref="StoreUnavailableException">The store is unavailable.</exception>
    public async Task FollowAsync(ImmutableArray<int> lanes, CancellationToken cancellationToken)
    {
        await starting.WaitAsync(cancellationToken);
        try
        {
            ImmutableArray<int> added = [.. lanes.Where(lane => Volatile.Read(ref readers[lane]) is null)];
            if (added.IsEmpty)
            {
                return;
            }

            var spans = await Source.ReadSpansAsync(added, cancellationToken);
            foreach (var (lane, span) in added.Zip(spans))
            {
                var reader = new FeedReader(lane, span?.Last, this, clock, logger);
                Volatile.Write(ref readers[lane], reader);
                reader.Start();
            }
        }
        finally
        {
            starting.Release();
        }
    }

    /// <summary>Whether commits of a lane come to the buffer.</summary>
    public bool IsFollowing(int lane) => Volatile.Read(ref readers[lane])?.IsFollowing == true;

    /// <summary>Whether a stream follows a partition. The commits of others are not read.</summary>
    public bool IsFollowed(int partition) => Volatile.Read(ref followers[partition]) > 0;

    /// <summary>Whether a lane was compared with the store after a time, a timestamp of the clock.</summary>
    public bool IsConfirmedSince(int lane, long timestamp) => Volatile.Read(ref readers[lane])?.ConfirmedAt > timestamp;

    /// <summary>Compares the lanes that are followed with the store.</summary>
    /// <exception cref="StoreUnavailableException">The store is unavailable.</exception>
    public async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref open) == 0)
        {
            return;
        }

        var began = clock.GetTimestamp();
        FeedReader[] followed = [.. Enumerable.Range(0, readers.Length).Select(lane => Volatile.Read(ref readers[lane])).OfType<FeedReader>()];
        var spans = await Source.ReadSpansAsync([.. followed.Select(reader => reader.Lane)], cancellationToken);
        foreach (var (reader, span) in followed.Zip(spans))
        {
            if (span is { } kept)
            {
                reader.Reconcile(kept, began);
            }
        }
    }

    /// <summary>Waits until the store reports that notifications may have been lost.</summary>
    public async Task WaitForLostNotificationsAsync(CancellationToken cancellationToken) =>
        await lostNotifications.Reader.ReadAsync(cancellationToken);

    /// <summary>Notes that a stream is parked, or is not any more.</summary>
    public void CountParked(bool isParked) => Interlocked.Add(ref parked, isParked ? 1 : -1);

    public void Dispose()
    {
        subscription.Dispose();
        StopReaders();
    }

    internal void Close(FeedStream stream)
    {
        lock (gate)
        {
            open--;
            Count(stream, -1);
            if (open == 0)
            {
                StopReaders();
            }
        }
    }

    private void Count(FeedStream stream, int change)
    {
        foreach (var partition in stream.Partitions)
        {
            Interlocked.Add(ref followers[partition], change);
        }
    }

    private void StopReaders()
    {
        for (var lane = 0; lane < readers.Length; lane++)
        {
            Interlocked.Exchange(ref readers[lane], null)?.Dispose();
        }
    }

    private void Hint(string merchantId)
    {
        if (Volatile.Read(ref open) > 0)
        {
            Volatile.Read(ref readers[Source.LaneOf(Partition.Of(merchantId))])?.Hint();
        }
    }
}
