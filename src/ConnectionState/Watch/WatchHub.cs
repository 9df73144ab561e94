using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Watch;

/// <summary>All open streams of this process. All that is watched of the same merchant shares one <see cref="MerchantFeed"/>.</summary>
internal sealed partial class WatchHub : IDisposable
{
    // One command, or one per partition in a Cluster. 2,048 merchants occupied two cores for 15 ms, and delayed deliveries by as much.
    private const int SliceSize = 256;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, MerchantFeed> feeds = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly WatchContext context;
    private readonly WatchListsOptions lists;
    private readonly IDisposable subscription;
    private readonly Channel<bool> lostNotifications = Channel.CreateBounded<bool>(1);
    private ImmutableArray<WatchSet> sets = [];
    private int openStreams;
    private bool wasPartial;

    public WatchHub(
        IMerchantRecords records,
        IMerchantHistory history,
        Instruments instruments,
        IOptions<WatchOptions> options,
        IOptions<WatchListsOptions> lists,
        TimeProvider clock,
        ILogger<WatchHub> logger)
    {
        context = new(records, history, instruments, options.Value, clock, logger);
        this.lists = lists.Value;
        subscription = history.Subscribe(Hint, () => lostNotifications.Writer.TryWrite(true));
        instruments.ObserveOpenStreams(() => openStreams, () => sets.Length, () => sets.Sum(set => set.Members));
    }

    private WatchOptions Options => context.Options;

    /// <summary>Opens a stream. Disposing it frees its place.</summary>
    /// <param name="merchantId">The merchant to watch.</param>
    /// <param name="from">The position to resume from, or null to start with a snapshot.</param>
    /// <param name="stream">The stream; unusable if a fault is returned.</param>
    /// <returns>The fault, or null if the stream is open.</returns>
    public WatchFault? TryOpen(string merchantId, HistoryPosition? from, out WatchStream stream)
    {
        stream = new WatchStream(merchantId, from, Options.BufferedChanges);
        lock (gate)
        {
            if (openStreams >= Options.Streams)
            {
                return Refuse(WatchLimitScope.Process, Options.Streams);
            }

            var feed = feeds.GetValueOrDefault(merchantId);
            if (feed?.StreamCount >= Options.StreamsPerMerchant)
            {
                return Refuse(WatchLimitScope.Merchant, Options.StreamsPerMerchant);
            }

            Attach(stream, counts: true);
            return null;
        }
    }

    /// <summary>Opens a stream of many merchants. Disposing it frees its place.</summary>
    /// <param name="set">The stream; unusable if a fault is returned.</param>
    /// <returns>The fault, or null if the stream is open.</returns>
    public WatchFault? TryOpenSet(out WatchSet set)
    {
        set = new WatchSet(this, context, lists);
        lock (gate)
        {
            if (sets.Length >= lists.Streams)
            {
                return Refuse(WatchLimitScope.Process, lists.Streams);
            }

            sets = sets.Add(set);
            return null;
        }
    }

    /// <summary>Opens a stream of a merchant that belongs to the service itself. It counts against no limit and in no metric.</summary>
    public WatchStream OpenOwn(string merchantId)
    {
        var stream = new WatchStream(merchantId, from: null, Options.BufferedChanges);
        lock (gate)
        {
            Attach(stream, counts: false);
        }

        return stream;
    }

    /// <summary>
    /// Reads the positions of all watched merchants from the store: finds commits whose notification was lost, and confirms the streams
    /// that are current. Many merchants are compared in slices.
    /// </summary>
    /// <param name="spread">The period over which the slices begin. The rest of them begins faster when notifications may have been lost.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="StoreUnavailableException">The store is unavailable.</exception>
    public async Task ReconcileAsync(TimeSpan spread, CancellationToken cancellationToken)
    {
        var round = context.BeginRound();
        var slices = Slices();
        var reading = new List<Task<Exception?>>();
        var pace = new ReconciliationPace(spread / Math.Max(1, slices.Length), context.Clock);
        foreach (var slice in slices)
        {
            await pace.WaitAsync(lostNotifications.Reader, cancellationToken);

            // Not awaited yet: a part of the store that does not answer must not delay the others.
            reading.Add(TryReconcileAsync(slice, round, cancellationToken));
        }

        Exception[] failures = [.. (await Task.WhenAll(reading)).OfType<Exception>()];
        if (slices.Length == 0 || failures.Length < slices.Length)
        {
            foreach (var set in sets)
            {
                set.EndRound(round);
            }
        }

        NoteFailures(failures, slices.Length);
    }

    /// <summary>Waits until the store reports that notifications may have been lost.</summary>
    public async Task WaitForLostNotificationsAsync(CancellationToken cancellationToken) =>
        await lostNotifications.Reader.ReadAsync(cancellationToken);

    public void Dispose()
    {
        subscription.Dispose();
        foreach (var feed in feeds.Values)
        {
            feed.Stop();
        }
    }

    /// <summary>Adds a merchant of a stream of many.</summary>
    internal void Attach(WatchSetMember member)
    {
        lock (gate)
        {
            member.Feed = FeedOf(member.MerchantId);
            member.Feed.Add(member, isRead: member.From is null);
        }
    }

    /// <summary>Removes a stream, or a merchant of a stream of many, from its feed.</summary>
    internal void Detach(WatchSubscription removed, MerchantFeed feed)
    {
        lock (gate)
        {
            feed.Remove(removed);
            if (feed.Count == 0)
            {
                feeds.TryRemove(new(removed.MerchantId, feed));
                feed.Stop();
            }
        }
    }

    /// <summary>Frees the place of a stream of many.</summary>
    internal void Close(WatchSet set)
    {
        lock (gate)
        {
            sets = sets.Remove(set);
        }
    }

    internal WatchFault.LimitExceeded Refuse(WatchLimitScope scope, int limit)
    {
        context.Instruments.CountRefusedStream(WireNames.Of(scope));
        return new(scope, limit, RetryAfter);
    }

    // Sorted by partition, so that a slice needs few commands in a Cluster.
    private MerchantFeed[][] Slices()
    {
        var watched = feeds.Values.ToArray();
        if (watched.Length > SliceSize)
        {
            Array.Sort(Array.ConvertAll(watched, feed => feed.Partition), watched);
        }

        return [.. watched.Chunk(SliceSize)];
    }

    private async Task<Exception?> TryReconcileAsync(MerchantFeed[] slice, long round, CancellationToken cancellationToken)
    {
        try
        {
            var positions = await context.History.ReadPositionsAsync([.. slice.Select(feed => feed.MerchantId)], cancellationToken);
            foreach (var (feed, position) in slice.Zip(positions))
            {
                feed.Reconcile(position, round);
            }

            return null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Array.ForEach(slice, feed => feed.Reconcile(null, round));
            return e;
        }
    }

    private void NoteFailures(Exception[] failures, int slices)
    {
        if (failures.FirstOrDefault(failure => failure is not StoreUnavailableException) is { } unexpected)
        {
            ExceptionDispatchInfo.Throw(unexpected);
        }

        if (failures.Length > 0 && failures.Length == slices)
        {
            throw failures[0];
        }

        // Once per outage: the next reconciliation is in a few seconds.
        if (failures.Length > 0 && !wasPartial)
        {
            Log.PartUnavailable(context.Logger, failures.Length, slices, failures[0]);
        }

        wasPartial = failures.Length > 0;
    }

    private void Hint(string merchantId)
    {
        if (feeds.TryGetValue(merchantId, out var feed))
        {
            feed.Hint();
        }
    }

    private MerchantFeed FeedOf(string merchantId)
    {
        if (!feeds.TryGetValue(merchantId, out var feed))
        {
            feeds[merchantId] = feed = new MerchantFeed(merchantId, context);
        }

        return feed;
    }

    private void Attach(WatchStream stream, bool counts)
    {
        var feed = FeedOf(stream.MerchantId);
        openStreams += counts ? 1 : 0;
        stream.OnClosed(() => Close(stream, feed, counts));
        feed.Add(stream);
    }

    private void Close(WatchStream stream, MerchantFeed feed, bool counts)
    {
        lock (gate)
        {
            openStreams -= counts ? 1 : 0;
            Detach(stream, feed);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            4003, LogLevel.Warning, "Cannot compare {Failed} of {All} parts of the watched merchants with the store: it does not answer for them.")]
        public static partial void PartUnavailable(ILogger logger, int failed, int all, Exception exception);
    }
}
