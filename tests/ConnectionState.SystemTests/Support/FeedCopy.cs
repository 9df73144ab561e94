using System.Collections.Concurrent;
using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// Keeps a copy of what each merchant's newest commit is, by the rule of docs/feed.md: from one stream of the feed, which is opened again at its last
/// positions when it ends. Whatever happens to the store, the copy must become true again. Merchants that must be read are read beside the stream, so that it
/// does not fall behind.
/// </summary>
internal sealed class FeedCopy : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly ConnectionStateClient client;
    private readonly ConcurrentDictionary<string, string> copy = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> revisions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, string> positions = new();
    private readonly ConcurrentQueue<WatchFeedResponse.Types.Reset.Types.Reason> resets = new();
    private readonly CancellationTokenSource ending = new();
    private readonly IReadOnlyCollection<int> partitions;
    private readonly ConcurrentDictionary<string, string> sent = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> messages = new(StringComparer.Ordinal);
    private readonly HashSet<string> unread = [];
    private readonly Task following;
    private readonly Task reading;
    private int checkpoints;
    private int merchantsRead;

    /// <summary>Begins with a snapshot.</summary>
    /// <param name="client">The client of one replica.</param>
    /// <param name="merchants">The merchants whose partitions are followed.</param>
    public FeedCopy(ConnectionStateClient client, IEnumerable<string> merchants)
    {
        this.client = client;
        partitions = [.. merchants.Select(Partition.Of).Distinct()];
        following = Task.Run(FollowAsync);
        reading = Task.Run(ReadMerchantsAsync);
    }

    /// <summary>Why partitions began again after they had a position.</summary>
    public IReadOnlyCollection<WatchFeedResponse.Types.Reset.Types.Reason> Resets =>
        [.. resets.Where(reason => reason is not WatchFeedResponse.Types.Reset.Types.Reason.Requested)];

    /// <summary>The number of checkpoints.</summary>
    public int Checkpoints => Volatile.Read(ref checkpoints);

    /// <summary>How many merchants were read because the copy did not have the commit before.</summary>
    public int MerchantsRead => Volatile.Read(ref merchantsRead);

    /// <summary>Waits until the stream has sent all commits of merchants that are made until now. The copy itself may be ahead of them, or behind.</summary>
    public async Task CatchUpAsync(IEnumerable<string> merchants)
    {
        foreach (var merchant in merchants)
        {
            var revision = (await client.Pages.GetPageListAsync(new() { MerchantId = merchant })).PageList.Revision;
            await Eventually.TrueAsync(() =>
            {
                Assert.False(following.IsFaulted, $"{following.Exception}");
                return Task.FromResult(revisions.GetValueOrDefault(merchant) >= revision);
            });
        }
    }

    /// <summary>Waits until the copy of merchants, and what the stream has sent last of them, is what the service returns.</summary>
    public async Task UntilTrueAsync(IEnumerable<string> merchants)
    {
        foreach (var merchant in merchants)
        {
            await Eventually.TrueAsync(async () =>
            {
                Assert.False(following.IsFaulted || reading.IsFaulted, $"{following.Exception}{reading.Exception}");
                var read = await client.Pages.GetPageListAsync(new() { MerchantId = merchant });
                return read.CommitId == copy.GetValueOrDefault(merchant, "") && read.CommitId == sent.GetValueOrDefault(merchant, "");
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await following;
        await reading;
        ending.Dispose();
    }

    private async Task FollowAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await ReadAsync();
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException)
            {
                // An outage, or the end of the test.
            }

            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    private async Task ReadAsync()
    {
        var request = new WatchFeedRequest();
        request.Starts.AddRange(partitions.Select(partition => positions.TryGetValue(partition, out var position)
            ? new FeedStart { Partition = partition, Position = position }
            : new FeedStart { Partition = partition, Snapshot = true }));
        using var call = client.Feeds.WatchFeed(request, cancellationToken: ending.Token);
        while (await call.ResponseStream.MoveNext(ending.Token))
        {
            lock (copy)
            {
                Apply(call.ResponseStream.Current);
            }
        }
    }

    private void Apply(WatchFeedResponse message)
    {
        switch (message.KindCase)
        {
            case WatchFeedResponse.KindOneofCase.Reset:
                resets.Enqueue(message.Reset.Reason);
                positions.TryRemove(message.Partition, out _);
                foreach (var forgotten in copy.Keys.Where(merchant => Partition.Of(merchant) == message.Partition))
                {
                    copy.TryRemove(forgotten, out _);
                    Note(forgotten, 0, "");
                }

                break;
            case WatchFeedResponse.KindOneofCase.Snapshot:
                foreach (var merchant in message.Snapshot.Merchants)
                {
                    copy[merchant.MerchantId] = merchant.CommitId;
                    Note(merchant.MerchantId, merchant.PageList?.Revision ?? 0, merchant.CommitId);
                }

                break;
            case WatchFeedResponse.KindOneofCase.Superseded:
                copy[message.Superseded.MerchantId] = message.Superseded.CommitId;
                Note(message.Superseded.MerchantId, message.Superseded.PageList?.Revision ?? 0, message.Superseded.CommitId);
                break;
            case WatchFeedResponse.KindOneofCase.Commit:
                Apply(message.Commit);
                break;
            case WatchFeedResponse.KindOneofCase.Checkpoint:
                Interlocked.Increment(ref checkpoints);
                foreach (var position in message.Checkpoint.Positions)
                {
                    positions[position.Partition] = position.Position_;
                }

                break;
        }

        if (message.Position.Length > 0)
        {
            positions[message.Partition] = message.Position;
        }
    }

    private void Apply(WatchFeedResponse.Types.Commit commit)
    {
        Note(commit.MerchantId, commit.Revision, commit.CommitId);
        var known = copy.GetValueOrDefault(commit.MerchantId, "");
        if (known == commit.PreviousCommitId)
        {
            copy[commit.MerchantId] = commit.CommitId;
        }
        else if (known != commit.CommitId)
        {
            unread.Add(commit.MerchantId);
        }
    }

    private void Note(string merchant, long revision, string commitId)
    {
        (revisions[merchant], sent[merchant]) = (revision, commitId);
        messages.AddOrUpdate(merchant, 1, (_, count) => count + 1);
    }

    private async Task ReadMerchantsAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            string[] merchants;
            lock (copy)
            {
                merchants = [.. unread];
            }

            await Task.WhenAll(merchants.Select(TryReadMerchantAsync));
            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    // What the stream has sent meanwhile may be newer than what was read: the merchant is then read again.
    private async Task TryReadMerchantAsync(string merchant)
    {
        try
        {
            var before = messages.GetValueOrDefault(merchant);
            var read = await client.Pages.GetPageListAsync(new() { MerchantId = merchant });
            Interlocked.Increment(ref merchantsRead);
            lock (copy)
            {
                if (messages.GetValueOrDefault(merchant) == before)
                {
                    copy[merchant] = read.CommitId;
                    unread.Remove(merchant);
                }
            }
        }
        catch (RpcException)
        {
            // An outage.
        }
    }
}
