using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Watch;

/// <summary>All open streams of this process: one reader for each merchant that is watched, any number of streams behind it.</summary>
internal sealed class WatchHub : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, MerchantReader> readers = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly IConnectionStore store;
    private readonly Instruments instruments;
    private readonly WatchOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<WatchHub> logger;
    private readonly IDisposable listening;
    private readonly Channel<bool> missed = Channel.CreateBounded<bool>(1);
    private int open;

    public WatchHub(
        IConnectionStore store, Instruments instruments, IOptions<WatchOptions> options, TimeProvider clock, ILogger<WatchHub> logger)
    {
        (this.store, this.instruments, this.options, this.clock, this.logger) = (store, instruments, options.Value, clock, logger);
        listening = store.Listen(Hint, () => missed.Writer.TryWrite(true));
        instruments.OpenStreams(() => open);
    }

    /// <summary>Opens a stream; whoever disposes of it leaves.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="from">The place to go on from; none: from the present.</param>
    /// <param name="stream">The stream, unless there is a fault.</param>
    /// <returns>Why not.</returns>
    public WatchFault? TryOpen(string merchantId, HistoryPosition? from, out WatchStream stream)
    {
        stream = new WatchStream(merchantId, from, options.BufferedChanges);
        lock (gate)
        {
            if (open >= options.Streams)
            {
                return Exceeded(WatchLimitScope.Process, options.Streams);
            }

            var reader = readers.GetValueOrDefault(merchantId);
            if (reader?.Count >= options.StreamsPerMerchant)
            {
                return Exceeded(WatchLimitScope.Merchant, options.StreamsPerMerchant);
            }

            Join(stream, reader ?? NewReader(merchantId));
            return null;
        }
    }

    /// <summary>Asks the store where the watched merchants stand: what notifications did not tell is found out, and what is the
    /// present is confirmed.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task CompareAsync(CancellationToken cancellationToken)
    {
        var watched = readers.ToArray();
        if (watched.Length == 0)
        {
            return;
        }

        var places = await store.ReadPositionsAsync([.. watched.Select(w => w.Key)], cancellationToken);
        foreach (var (reader, place) in watched.Select(w => w.Value).Zip(places))
        {
            if (place is { } known)
            {
                reader.Compare(known);
            }
        }
    }

    /// <summary>Waits until the store says that notifications may have been lost: then it is time to compare.</summary>
    public async Task WaitUntilMissedAsync(CancellationToken cancellationToken) => await missed.Reader.ReadAsync(cancellationToken);

    public void Dispose()
    {
        listening.Dispose();
        foreach (var reader in readers.Values)
        {
            reader.Stop();
        }
    }

    private void Hint(string merchantId)
    {
        if (readers.TryGetValue(merchantId, out var reader))
        {
            reader.Hint();
        }
    }

    private MerchantReader NewReader(string merchantId)
    {
        var reader = new MerchantReader(merchantId, store, instruments, options, clock, logger);
        readers[merchantId] = reader;
        reader.Start();
        return reader;
    }

    private void Join(WatchStream stream, MerchantReader reader)
    {
        open++;
        stream.OnLeave(() => Leave(stream, reader));
        reader.Add(stream);
    }

    private void Leave(WatchStream stream, MerchantReader reader)
    {
        lock (gate)
        {
            open--;
            reader.Remove(stream);
            if (reader.Count == 0)
            {
                readers.TryRemove(new(stream.MerchantId, reader));
                reader.Stop();
            }
        }
    }

    private WatchFault.LimitExceeded Exceeded(WatchLimitScope scope, int limit)
    {
        instruments.RefusedStreams.Add(1);
        return new(scope, limit, RetryAfter);
    }
}
