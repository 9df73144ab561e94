using System.Collections.Concurrent;
using System.Threading.Channels;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Watch;

/// <summary>All open streams of this process. Streams of the same merchant share one <see cref="MerchantFeed"/>.</summary>
internal sealed class WatchHub : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, MerchantFeed> feeds = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly IMerchantRecords records;
    private readonly IMerchantHistory history;
    private readonly Instruments instruments;
    private readonly WatchOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<WatchHub> logger;
    private readonly IDisposable subscription;
    private readonly Channel<bool> lostNotifications = Channel.CreateBounded<bool>(1);
    private int openStreams;

    public WatchHub(
        IMerchantRecords records,
        IMerchantHistory history,
        Instruments instruments,
        IOptions<WatchOptions> options,
        TimeProvider clock,
        ILogger<WatchHub> logger)
    {
        (this.records, this.history, this.instruments) = (records, history, instruments);
        (this.options, this.clock, this.logger) = (options.Value, clock, logger);
        subscription = history.Subscribe(Hint, () => lostNotifications.Writer.TryWrite(true));
        instruments.ObserveOpenStreams(() => openStreams);
    }

    /// <summary>Opens a stream. Disposing it frees its place.</summary>
    /// <param name="merchantId">The merchant to watch.</param>
    /// <param name="from">The position to resume from, or null to start with a snapshot.</param>
    /// <param name="stream">The stream; unusable if a fault is returned.</param>
    /// <returns>The fault, or null if the stream is open.</returns>
    public WatchFault? TryOpen(string merchantId, HistoryPosition? from, out WatchStream stream)
    {
        stream = new WatchStream(merchantId, from, options.BufferedChanges);
        lock (gate)
        {
            if (openStreams >= options.Streams)
            {
                return Refuse(WatchLimitScope.Process, options.Streams);
            }

            var feed = feeds.GetValueOrDefault(merchantId);
            if (feed?.Count >= options.StreamsPerMerchant)
            {
                return Refuse(WatchLimitScope.Merchant, options.StreamsPerMerchant);
            }

            Attach(stream, feed ?? StartFeed(merchantId), counts: true);
            return null;
        }
    }

    /// <summary>Opens a stream of a merchant that belongs to the service itself. It counts against no limit and in no metric.</summary>
    public WatchStream OpenOwn(string merchantId)
    {
        var stream = new WatchStream(merchantId, from: null, options.BufferedChanges);
        lock (gate)
        {
            Attach(stream, feeds.GetValueOrDefault(merchantId) ?? StartFeed(merchantId), counts: false);
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
        var watched = feeds.ToArray();
        if (watched.Length == 0)
        {
            return;
        }

        var positions = await history.ReadPositionsAsync([.. watched.Select(w => w.Key)], cancellationToken);
        foreach (var (feed, position) in watched.Select(w => w.Value).Zip(positions))
        {
            if (position is { } stored)
            {
                feed.Reconcile(stored);
            }
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

    private void Hint(string merchantId)
    {
        if (feeds.TryGetValue(merchantId, out var feed))
        {
            feed.Hint();
        }
    }

    private MerchantFeed StartFeed(string merchantId)
    {
        var feed = new MerchantFeed(merchantId, records, history, instruments, options, clock, logger);
        feeds[merchantId] = feed;
        feed.Start();
        return feed;
    }

    private void Attach(WatchStream stream, MerchantFeed feed, bool counts)
    {
        openStreams += counts ? 1 : 0;
        stream.OnClosed(() => Detach(stream, feed, counts));
        feed.Add(stream);
    }

    private void Detach(WatchStream stream, MerchantFeed feed, bool counts)
    {
        lock (gate)
        {
            openStreams -= counts ? 1 : 0;
            feed.Remove(stream);
            if (feed.Count == 0)
            {
                feeds.TryRemove(new(stream.MerchantId, feed));
                feed.Stop();
            }
        }
    }

    private WatchFault.LimitExceeded Refuse(WatchLimitScope scope, int limit)
    {
        instruments.CountRefusedStream(WireNames.Of(scope));
        return new(scope, limit, RetryAfter);
    }
}
