using System.Collections.Concurrent;
using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Benchmarks.Load;

/// <summary>Reads one stream of the feed, and records when it delivered each of the merchants' <see cref="PacedCommits"/>.</summary>
internal sealed class FeedReading : IDisposable
{
    private readonly AsyncServerStreamingCall<WatchFeedResponse> call;
    private readonly ConcurrentDictionary<string, long[]> deliveredAt = new(StringComparer.Ordinal);

    public FeedReading(ConnectionStateClient client, WatchFeedRequest request) => call = client.Feeds.WatchFeed(request);

    /// <summary>The number of commits that were delivered.</summary>
    public int Commits { get; private set; }

    /// <summary>The number of merchants in snapshots.</summary>
    public int Merchants { get; private set; }

    /// <summary>Whether the stream is live.</summary>
    public bool IsLive { get; private set; }

    /// <summary>How often the stream fell behind.</summary>
    public int FellBehind { get; private set; }

    /// <summary>Expects commits of a merchant.</summary>
    /// <returns>When each was delivered, by its number, as a <see cref="Stopwatch"/> timestamp.</returns>
    public long[] Expect(string merchantId, int count) => deliveredAt[merchantId] = new long[count + 1];

    /// <summary>Reads one message.</summary>
    public async Task ReadAsync()
    {
        if (!await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            throw new InvalidOperationException("The stream ended.");
        }

        var now = Stopwatch.GetTimestamp();
        var message = call.ResponseStream.Current;
        Merchants += message.Snapshot?.Merchants.Count ?? 0;
        IsLive = message.KindCase switch
        {
            WatchFeedResponse.KindOneofCase.CaughtUp => true,
            WatchFeedResponse.KindOneofCase.FellBehind => false,
            _ => IsLive,
        };
        FellBehind += message.FellBehind is null ? 0 : 1;
        if (message.Commit is not { } commit)
        {
            return;
        }

        Commits++;
        if (deliveredAt.TryGetValue(commit.MerchantId, out var expected) && commit.Changes.FirstOrDefault(change => change.PlanChanged is not null) is { } change)
        {
            expected[change.PlanChanged.BoughtPages] = now;
        }
    }

    /// <summary>Reads until the stream is live.</summary>
    public async Task ReadUntilLiveAsync()
    {
        while (!IsLive)
        {
            await ReadAsync();
        }
    }

    /// <summary>Reads until a number of commits was delivered.</summary>
    public async Task ReadCommitsAsync(int count)
    {
        while (Commits < count)
        {
            await ReadAsync();
        }
    }

    public void Dispose() => call.Dispose();
}
