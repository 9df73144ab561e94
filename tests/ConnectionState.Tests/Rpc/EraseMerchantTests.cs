using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Grpc.Core;
using FeedStart = ConnectionStateService.V1.FeedStart;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>What callers, screens and consumers of the feed see of an erasure.</summary>
public sealed class EraseMerchantTests : IAsyncLifetime
{
    private const string Shop = "shop-1";

    private InterceptedStore store = null!;
    private Service service = null!;
    private ApiMerchant shop = null!;

    public async Task InitializeAsync()
    {
        service = await Service.StartAsync(replace: services => services.AddInterceptedStore(created => store = created));
        shop = new ApiMerchant(service.Client, Shop);
        await shop.ConnectAsync(ApiMerchant.A, ApiMerchant.Oa);
        await shop.SetPlanAsync(Plan.Trial, 0);
    }

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task An_erased_merchant_is_as_one_that_was_never_known()
    {
        var unknown = await new ApiMerchant(service.Client, "unknown").ListAsync();

        await EraseAsync();
        await EraseAsync();

        unknown.MerchantId = Shop;
        Assert.Equal(unknown, await shop.ListAsync());
        Assert.Empty(await shop.HistoryAsync());
        Assert.Empty((await service.Client.Pages.FindConnectionsAsync(new() { Page = ApiMerchant.A })).Connections);
        await ApiMerchant.ExpectRefusedAsync(ErrorReason.ConnectionNotFound, StatusCode.NotFound, () => shop.FindAsync(ApiMerchant.A));
        await shop.ConnectAsync(ApiMerchant.A);
        Assert.Equal(1, (await shop.HistoryAsync())[0].Revision);
    }

    [Fact]
    public async Task Another_merchant_can_be_granted_the_pages_of_an_erased_one()
    {
        await EraseAsync();
        var other = service.NewMerchant();

        await other.ConnectAsync(ApiMerchant.A);

        Assert.Equal(State.Connected, (await other.FindAsync(ApiMerchant.A)).State);
        await DerivedData.AssertMatchesAsync(store, Shop, other.Id);
    }

    [Fact]
    public async Task A_screen_sees_an_empty_list_and_its_token_begins_with_HISTORY_REPLACED()
    {
        using var stream = service.Client.Watches.WatchPageList(new() { MerchantId = Shop });
        var first = await NextAsync(stream);

        await EraseAsync();

        var message = await NextAsync(stream);
        while ((message.Snapshot?.PageList ?? message.Changes?.PageList)?.Connections.Count is not 0)
        {
            message = await NextAsync(stream);
        }

        await AssertReplacedAsync(revision: 0);
        await shop.ConnectAsync(ApiMerchant.B);
        await AssertReplacedAsync((await shop.ListAsync()).Revision);
        await shop.SetPlanAsync(Plan.Standard, 1);
        for (var n = 0; n < 12; n++)
        {
            await shop.RenewAsync(ApiMerchant.B);
        }

        await AssertReplacedAsync((await shop.ListAsync()).Revision);

        async Task AssertReplacedAsync(long revision)
        {
            using var resumed = service.Client.Watches.WatchPageList(new() { MerchantId = Shop, ResumeToken = first.ResumeToken });
            var snapshot = (await NextAsync(resumed)).Snapshot;
            Assert.Equal((SnapshotReason.HistoryReplaced, revision), (snapshot.Reason, snapshot.PageList.Revision));
        }
    }

    [Fact]
    public async Task The_feed_sends_the_erasure_whatever_its_filter_is()
    {
        var held = new TaskCompletionSource();
        using var stream = service.Client.Feeds.WatchFeed(new()
        {
            Starts = { new FeedStart { Partition = Partition.Of(Shop), Now = true } },
            Filter = new() { States = { State.Expired }, Providers = { Provider.Zalo } },
        });
        Assert.Equal(WatchFeedResponse.KindOneofCase.CaughtUp, await KindAsync(stream, skip: WatchFeedResponse.KindOneofCase.Checkpoint));

        // As long as the stream has not sent the commit, its history stays.
        store.Before = method => method == nameof(IConnectionStore.RemoveAsync) ? held.Task : Task.CompletedTask;
        var erasing = EraseAsync();
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        held.SetResult();
        await erasing;

        var commit = stream.ResponseStream.Current.Commit;
        Assert.Equal((Shop, "privacy", "erase-1"), (commit.MerchantId, commit.Changes[0].Actor, commit.Changes[0].RequestId));
        Assert.Equal(Change.KindOneofCase.Erased, Assert.Single(commit.Changes).KindCase);
    }

    [Fact]
    public async Task The_feed_supersedes_the_commits_of_an_erased_merchant_by_an_empty_list()
    {
        var before = (await service.Client.Feeds.GetFeedPositionsAsync(new())).Partitions[Partition.Of(Shop)].Oldest;
        await EraseAsync();

        using var stream = service.Client.Feeds.WatchFeed(new()
        {
            Starts = { new FeedStart { Partition = Partition.Of(Shop), Position = before } },
            IncludePageList = true,
        });

        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        var superseded = stream.ResponseStream.Current.Superseded;
        Assert.Equal((Shop, "", 0L), (superseded.MerchantId, superseded.CommitId, superseded.PageList.Revision));
        Assert.Empty(superseded.PageList.Connections);
    }

    [Fact]
    public async Task A_snapshot_of_the_feed_does_not_have_an_erased_merchant()
    {
        await EraseAsync();

        using var stream = service.Client.Feeds.WatchFeed(new() { Starts = { new FeedStart { Partition = Partition.Of(Shop), Snapshot = true } } });

        Assert.Equal(WatchFeedResponse.KindOneofCase.Snapshot, await KindAsync(stream, skip: WatchFeedResponse.KindOneofCase.Reset));
        Assert.True(stream.ResponseStream.Current.Snapshot.Last);
        Assert.Empty(stream.ResponseStream.Current.Snapshot.Merchants);
    }

    private async Task EraseAsync() =>
        await service.Client.Merchants.EraseMerchantAsync(new() { MerchantId = Shop, RequestId = "erase-1", Actor = "privacy" });

    private static async Task<WatchPageListResponse> NextAsync(AsyncServerStreamingCall<WatchPageListResponse> stream)
    {
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        return stream.ResponseStream.Current;
    }

    private static async Task<WatchFeedResponse.KindOneofCase> KindAsync(
        AsyncServerStreamingCall<WatchFeedResponse> stream, WatchFeedResponse.KindOneofCase skip)
    {
        do
        {
            Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        }
        while (stream.ResponseStream.Current.KindCase == skip);

        return stream.ResponseStream.Current.KindCase;
    }
}
