using ConnectionStateService.Client;
using ConnectionStateService.Feed;
using ConnectionStateService.Hosting;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using FeedStart = ConnectionStateService.V1.FeedStart;

namespace ConnectionStateService.Tests.Feed;

/// <summary>The feed as callers see it.</summary>
public sealed class FeedCallTests
{
    private const string Shop = "shop-1";

    private static readonly int InPartition = Partition.Of(Shop);

    [Fact]
    public async Task A_stream_sends_a_snapshot_then_commits_with_positions_that_can_be_resumed_from()
    {
        await using var service = await Service.StartAsync();
        var shop = new ApiMerchant(service.Client, Shop);
        await shop.ConnectAsync(ApiMerchant.A);
        using var stream = service.Client.Feeds.WatchFeed(new()
        {
            Starts = { new FeedStart { Partition = InPartition, Snapshot = true } },
            IncludePageList = true,
        });

        var reset = await NextAsync(stream);
        Assert.Equal((InPartition, WatchFeedResponse.Types.Reset.Types.Reason.Requested), (reset.Partition, reset.Reset.Reason));
        Assert.NotNull(reset.CheckpointInterval);
        var snapshot = await NextAsync(stream);
        var merchant = Assert.Single(snapshot.Snapshot.Merchants);
        Assert.Equal((Shop, true, await shop.ListAsync()), (merchant.MerchantId, snapshot.Snapshot.Last, merchant.PageList));
        Assert.Equal(WatchFeedResponse.KindOneofCase.CaughtUp, (await NextAsync(stream)).KindCase);

        await shop.DisconnectAsync(ApiMerchant.A);
        var commit = await NextAsync(stream);
        Assert.Equal((Shop, merchant.CommitId), (commit.Commit.MerchantId, commit.Commit.PreviousCommitId));
        Assert.Equal(await shop.ListAsync(), commit.Commit.PageList);
        Assert.Equal(commit.Commit.Revision, commit.Commit.PageList.Revision);
        Assert.Equal(commit.Commit.CommitId, (await service.Client.Pages.GetPageListAsync(new() { MerchantId = Shop })).CommitId);
        Assert.Equal("", (await service.Client.Pages.GetPageListAsync(new() { MerchantId = "nobody" })).CommitId);
        Assert.Contains(commit.Commit.Changes, change => change.Transition?.To == V1.Connection.Types.State.Disconnected);

        using var resumed = service.Client.Feeds.WatchFeed(new() { Starts = { new FeedStart { Partition = InPartition, Position = snapshot.Position } } });
        Assert.Equal(commit.Commit.CommitId, (await NextAsync(resumed)).Commit.CommitId);
    }

    [Fact]
    public async Task A_request_without_starts_streams_all_partitions_from_now()
    {
        await using var service = await Service.StartAsync();
        await service.Client.Plans.SetPlanAsync(new() { MerchantId = Shop, Plan = V1.Plan.Trial });
        using var stream = service.Client.Feeds.WatchFeed(new());

        var checkpoint = await NextAsync(stream);
        Assert.Equal(Enumerable.Range(0, Partition.Count), checkpoint.Checkpoint.Positions.Select(position => position.Partition));
        Assert.Equal(WatchFeedResponse.KindOneofCase.CaughtUp, (await NextAsync(stream)).KindCase);
        await service.Client.Plans.SetPlanAsync(new() { MerchantId = "shop-2", Plan = V1.Plan.Standard });

        var commit = await NextAsync(stream);
        Assert.Equal(("shop-2", Partition.Of("shop-2"), ""), (commit.Commit.MerchantId, commit.Partition, commit.Commit.PreviousCommitId));
    }

    [Fact]
    public async Task GetFeedPositions_says_where_each_partition_ends_and_from_where_it_is_kept()
    {
        await using var service = await Service.StartAsync();
        await service.Client.Plans.SetPlanAsync(new() { MerchantId = Shop, Plan = V1.Plan.Trial });
        await service.Client.Plans.SetPlanAsync(new() { MerchantId = Shop, Plan = V1.Plan.Standard });

        var positions = await service.Client.Feeds.GetFeedPositionsAsync(new());

        Assert.True(positions.TotalOrder);
        Assert.Equal(Enumerable.Range(0, Partition.Count), positions.Partitions.Select(partition => partition.Partition_));
        var kept = positions.Partitions[InPartition];
        using var fromOldest = service.Client.Feeds.WatchFeed(new() { Starts = { new FeedStart { Partition = InPartition, Position = kept.Oldest } } });
        Assert.Equal(1, (await NextAsync(fromOldest)).Commit.Revision);
        using var fromNewest = service.Client.Feeds.WatchFeed(new() { Starts = { new FeedStart { Partition = InPartition, Position = kept.Newest } } });
        Assert.Equal(WatchFeedResponse.KindOneofCase.CaughtUp, (await NextAsync(fromNewest)).KindCase);
    }

    [Theory]
    [InlineData("nonsense", "must be a position of the feed, unaltered")]
    [InlineData(null, "must be of the partition")]
    public async Task A_position_that_cannot_be_used_is_refused(string? position, string problem)
    {
        await using var service = await Service.StartAsync();

        var refused = await RefusedAsync(service, new() { Starts = { new FeedStart { Partition = 7, Position = position ?? FeedPosition.Encode(8, new(1, 2)) } } });

        Assert.Equal(ErrorReason.InvalidRequest, refused.Reason);
        Assert.Equal(new FieldViolation("starts[0].position", problem), Assert.Single(refused.Violations));
    }

    [Fact]
    public async Task Starts_must_name_each_partition_once_and_say_from_where()
    {
        await using var service = await Service.StartAsync();

        var refused = await RefusedAsync(service, new()
        {
            Starts = { new FeedStart { Partition = 256, Now = true }, new FeedStart { Partition = 3, Now = true }, new FeedStart { Partition = 3 } },
        });

        Assert.Equal(ErrorReason.InvalidRequest, refused.Reason);
        Assert.Equal(["starts[0].partition", "starts[2].partition", "starts[2].from"], refused.Violations.Select(violation => violation.Field));
    }

    [Fact]
    public async Task One_stream_more_than_the_limit_is_refused_until_one_is_closed()
    {
        await using var service = await Service.StartAsync(new() { ["Feed:Streams"] = "1" });
        using (var stream = service.Client.Feeds.WatchFeed(new()))
        {
            await NextAsync(stream);

            var refused = await RefusedAsync(service, new());
            Assert.Equal((ErrorReason.WatchLimitExceeded, "PROCESS", "1"), (refused.Reason, refused.Metadata["scope"], refused.Metadata["limit"]));
        }

        await Eventually.TrueAsync(async () =>
        {
            using var next = service.Client.Feeds.WatchFeed(new());
            try
            {
                return await next.ResponseStream.MoveNext(CancellationToken.None);
            }
            catch (RpcException e) when (e.GetConnectionStateError().Reason == ErrorReason.WatchLimitExceeded)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task Ends_well_A_stream_fails_with_SHUTTING_DOWN_when_the_service_stops()
    {
        await using var service = await Service.StartAsync();
        using var stream = service.Client.Feeds.WatchFeed(new());
        await NextAsync(stream);
        await NextAsync(stream);
        var next = stream.ResponseStream.MoveNext(CancellationToken.None);

        await service.StopAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(() => next.WaitAsync(Eventually.Patience));
        Assert.Equal(ErrorReason.ShuttingDown, failure.GetConnectionStateError().Reason);
    }

    [Fact]
    public async Task Ends_well_A_stream_ends_with_OK_when_its_lifetime_is_over()
    {
        await using var service = await Service.StartAsync(new() { ["Feed:StreamLifetime"] = "00:00:01" });
        using var stream = service.Client.Feeds.WatchFeed(new());

        while (await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience))
        {
        }

        Assert.Equal(StatusCode.OK, stream.GetStatus().StatusCode);
    }

    [Fact]
    public async Task The_feed_is_served_on_the_gRPC_port_only()
    {
        await using var service = await Service.StartAsync(listens: true);
        await service.Client.Feeds.GetFeedPositionsAsync(new());
        var endpoints = (BoundEndpoints)service.Services.GetService(typeof(BoundEndpoints))!;
        using var web = GrpcChannel.ForAddress(endpoints.Http, new() { HttpHandler = new GrpcWebHandler(new HttpClientHandler()), HttpVersion = new Version(1, 1) });
        var client = new FeedService.FeedServiceClient(web);

        var unary = await Assert.ThrowsAsync<RpcException>(async () => await client.GetFeedPositionsAsync(new()));
        using var stream = client.WatchFeed(new());
        var streaming = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None));

        Assert.All([unary, streaming], failure => Assert.Equal(StatusCode.Unimplemented, failure.StatusCode));
        Assert.Contains("gRPC port", unary.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<WatchFeedResponse> NextAsync(AsyncServerStreamingCall<WatchFeedResponse> stream)
    {
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience));
        return stream.ResponseStream.Current;
    }

    private static async Task<ConnectionStateError> RefusedAsync(Service service, WatchFeedRequest request)
    {
        using var stream = service.Client.Feeds.WatchFeed(request);
        var failure = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None));
        return failure.GetConnectionStateError();
    }
}
