using ConnectionStateService.Feed;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Feed;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>The promises of the feed on Redis.</summary>
public sealed class RedisFeedPromiseTests : FeedPromiseTests
{
    private RedisServer? redis;

    [Fact]
    public async Task A_stream_reads_the_spans_of_its_own_lanes_alone()
    {
        var stream = Open([new FeedStart.Now(A), new FeedStart.Now(B)]);
        await stream.UntilAsync<FeedEvent.CaughtUp>();
        await stream.UntilAsync<FeedEvent.Checkpoint>();

        Assert.NotEmpty(Store.LanesRead);
        Assert.Empty(Store.LanesRead.SelectMany(lanes => lanes).Except([A, B]));
    }

    [Fact]
    public async Task A_stream_that_is_opened_looks_at_the_positions_of_all_its_partitions_at_once()
    {
        int[] partitions = [1, 3, 5, 7, 9, 11, 13, 15];
        var starts = new List<FeedStart>();
        foreach (var partition in partitions)
        {
            var commits = await CommitAsync(MerchantIn(partition), 3);
            starts.Add(new FeedStart.At(partition, new(2, commits[1].Position.CommitId)));
        }

        // The readers of the lanes read them too.
        var (reads, all) = (0, new TaskCompletionSource());
        Store.Before = method =>
        {
            if (method != nameof(IFeed.ReadFeedAsync))
            {
                return Task.CompletedTask;
            }

            if (Interlocked.Increment(ref reads) == 2 * partitions.Length)
            {
                all.SetResult();
            }

            return all.Task.WaitAsync(Eventually.Patience);
        };
        var stream = Open(starts);
        await stream.UntilAsync<FeedEvent.CaughtUp>();

        Assert.Equal(partitions.Length, stream.Commits.Count);
        Assert.Empty(stream.Resets);
    }

    [Fact]
    public async Task A_lane_that_does_not_answer_silences_only_the_streams_that_use_it()
    {
        var both = Open([new FeedStart.Now(A), new FeedStart.Now(B)]);
        await both.UntilAsync<FeedEvent.CaughtUp>();
        Store.IsLaneDown = lane => lane == B;
        var mine = Open([new FeedStart.Now(A)]);
        await mine.UntilAsync<FeedEvent.CaughtUp>();
        await mine.UntilAsync<FeedEvent.Checkpoint>();
        await mine.UntilAsync<FeedEvent.Checkpoint>();

        // The other partitions of the stream that uses it go on.
        await CommitAsync(MerchantIn(A), 1);
        await both.UntilCommitsAsync(1);
        Store.IsLaneDown = _ => false;
        await CommitAsync(MerchantIn(B), 1);
        await both.UntilCommitsAsync(2);
    }

    private protected override IConnectionStore CreateStore(IServiceProvider services) => ActivatorUtilities.CreateInstance<RedisStore>(services);

    private protected override async Task<Dictionary<string, string?>> PrepareAsync()
    {
        redis ??= await RedisServer.StartAsync();
        return new() { ["Store:Kind"] = "Redis", ["Store:Redis:Configuration"] = redis.Configuration };
    }

    private protected override async Task LoseNewestAsync(int partition, int count)
    {
        var key = (string)RedisKeys.Feed(partition)!;
        foreach (var entry in (await redis!.CommandAsync("XREVRANGE", key, "+", "-", "COUNT", $"{count}")).Items)
        {
            await redis.CommandAsync("XDEL", key, entry.Items[0].Text);
        }

        var last = (await redis.CommandAsync("XREVRANGE", key, "+", "-", "COUNT", "1")).Items[0].Items[0].Text;
        await redis.CommandAsync("XSETID", key, last);
    }

    private protected override async Task RemoveEntryAsync(int partition, long number) =>
        await redis!.CommandAsync("XDEL", (string)RedisKeys.Feed(partition)!, $"0-{number}");

    private protected override async Task TrimHistoryAsync(string merchantId, long upTo) =>
        await redis!.CommandAsync("XTRIM", StoredMerchants.ChangesKey(merchantId), "MINID", $"{upTo + 1}-0");

    private protected override async Task RemoveAsync() => await (redis?.DisposeAsync() ?? default);
}
