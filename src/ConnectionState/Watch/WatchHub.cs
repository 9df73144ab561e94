using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Watch;

/// <summary>All open streams of this process. All that is watched of the same merchant shares one <see cref="MerchantFeed"/>.</summary>
internal sealed class WatchHub : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, MerchantFeed> feeds = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly WatchContext context;
    private readonly WatchListsOptions lists;
    private readonly IDisposable subscription;
    private readonly Channel<bool> lostNotifications = Channel.CreateBounded<bool>(1);
    private ImmutableArray<WatchSet> sets = [];
    private int openStreams;

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
    /// that are current.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store is unavailable.</exception>
    public async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        var round = context.BeginRound();
        var watched = feeds.ToArray();
        if (watched.Length > 0)
        {
            var positions = await context.History.ReadPositionsAsync([.. watched.Select(w => w.Key)], cancellationToken);
            foreach (var (feed, position) in watched.Select(w => w.Value).Zip(positions))
            {
                feed.Reconcile(position, round);
            }
        }

        foreach (var set in sets)
        {
            set.EndRound(round);
        }
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
}
