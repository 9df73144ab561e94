using ConnectionStateService.Client;
using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;

namespace ConnectionStateService.Tests.Watch.Promises;

/// <summary>The promises of a stream of many merchants, through the API. RandomWatchTests has all at once, with resumes.</summary>
public sealed class ManyMerchantsTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly Service service = fixture.Service;

    [Fact]
    public async Task Ordered_and_reliable_Every_merchant_of_a_stream_gets_all_of_its_concurrent_commits_in_order()
    {
        await using var lists = new ListsStreams(service.Client, 1);
        var merchants = Enumerable.Range(0, 20).Select(_ => new WatchedMerchant(service, lists)).ToList();
        var streams = await Task.WhenAll(merchants.Select(merchant => merchant.BeginAsync()));

        await Task.WhenAll(merchants.Select(merchant => merchant.CommitAsync(10)));

        foreach (var (merchant, stream) in merchants.Zip(streams))
        {
            await merchant.CaughtUpAsync(stream);
            Assert.Equal(Enumerable.Range(1, 10), stream.Stream.Messages.SelectMany(m => m.Changes).Select(c => (int)c.Revision));
            await merchant.AssertKeptAsync();
            await merchant.DisposeAsync();
        }
    }

    [Fact]
    public async Task Atomic_and_current_The_messages_are_those_of_a_stream_of_the_merchant_alone()
    {
        var shop = service.NewMerchant();
        await using var lists = new ListsStreams(service.Client, 1);
        await using var merchant = new WatchedMerchant(service, shop.Id, lists);
        await using var alone = new WatchedMerchant(service, shop.Id);
        var (ofMany, single) = (await merchant.BeginAsync(options: new() { ReadsAfterEach = true }), await alone.BeginAsync());

        await shop.ConnectAsync(ApiMerchant.A);
        await merchant.ReadHistoryAsync();
        await merchant.CaughtUpAsync(ofMany);
        await merchant.CaughtUpAsync(single);

        Assert.Equal(single.Stream.Messages[0].Message, ofMany.Stream.Messages[0].Message);
        Assert.Equal(await shop.ListAsync(), ofMany.Stream.Messages[^1].List);
        Assert.Equal(await shop.HistoryAsync(), ofMany.Stream.Messages.SelectMany(m => m.Changes));
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Resumable_A_merchant_that_has_missed_nothing_is_confirmed_without_its_page_list()
    {
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync(2);
        var token = (await merchant.BeginAsync()).Token!;
        using var stream = service.Client.Watches.WatchPageLists();
        await stream.RequestStream.WriteAsync(Add(merchant.Id, token));

        var update = await NextAsync(stream);

        Assert.Equal((merchant.Id, token, 2), (update.MerchantId, update.Message.ResumeToken, update.Message.Checkpoint.Revision));
        Assert.Null(update.Message.Checkpoint.PageList);
    }

    [Fact]
    public async Task Bounded_A_stream_that_does_not_read_gets_every_merchants_newest_list_and_others_get_every_change()
    {
        await using var slowService = await Service.StartAsync(new() { ["Watch:BufferedChanges"] = "4", ["WatchLists:BufferedChanges"] = "8", ["WatchLists:Starting"] = "2" });
        await using var lists = new ListsStreams(slowService.Client, 1);
        var merchants = Enumerable.Range(0, 12).Select(_ => new WatchedMerchant(slowService, lists)).ToList();
        var fast = await Task.WhenAll(merchants.Select(merchant => merchant.BeginAsync()));
        using var slow = slowService.Client.Watches.WatchPageLists();
        await slow.RequestStream.WriteAsync(new() { Adds = { merchants.Select(m => new WatchPageListsRequest.Types.Add { MerchantId = m.Id }) } });
        var revisions = new Dictionary<string, long>();
        while (revisions.Count < merchants.Count)
        {
            var first = await NextAsync(slow);
            revisions[first.MerchantId] = first.Message.Snapshot.PageList.Revision;
        }

        // Each commit is read by the fast stream before the next one; the slow one reads nothing until its buffers, and those of the network, are full.
        for (var round = 0; round < 40; round++)
        {
            await Task.WhenAll(merchants.Select(merchant => merchant.CommitAsync()));
            await Task.WhenAll(merchants.Zip(fast, (merchant, stream) => merchant.CaughtUpAsync(stream)));
        }

        var reasons = new List<SnapshotReason>();
        while (merchants.Any(merchant => revisions[merchant.Id] < merchant.Head.Revision))
        {
            var update = await NextAsync(slow);
            var list = update.Message.Snapshot?.PageList ?? update.Message.Changes.PageList;
            Assert.True(list.Revision > revisions[update.MerchantId]);
            if (update.Message.Changes is { } changes)
            {
                Assert.Equal(revisions[update.MerchantId] + 1, changes.Changes_[0].Revision);
            }
            else
            {
                reasons.Add(update.Message.Snapshot!.Reason);
            }

            revisions[update.MerchantId] = list.Revision;
        }

        Assert.All(reasons, reason => Assert.Equal(SnapshotReason.FellBehind, reason));
        foreach (var (merchant, stream) in merchants.Zip(fast))
        {
            Assert.DoesNotContain(stream.Stream.Messages.Skip(1), m => m.IsSnapshot);
            await merchant.DisposeAsync();
        }
    }

    [Fact]
    public async Task Bounded_Merchants_and_streams_beyond_the_limits_are_refused_with_the_scope_and_the_limit()
    {
        await using var limited = await Service.StartAsync(new() { ["WatchLists:Streams"] = "1", ["WatchLists:MerchantsPerStream"] = "1", ["Watch:StreamsPerMerchant"] = "1" });
        using var stream = limited.Client.Watches.WatchPageLists();
        await stream.RequestStream.WriteAsync(Add("one"));
        Assert.NotNull((await NextAsync(stream)).Message);

        await stream.RequestStream.WriteAsync(Add("two"));
        var refused = FailureOf(await NextAsync(stream), "two");
        using var second = limited.Client.Watches.WatchPageLists();
        var noStream = (await Assert.ThrowsAsync<RpcException>(() => second.ResponseStream.MoveNext(CancellationToken.None))).GetConnectionStateError();
        using var screen = limited.Client.Watches.WatchPageList(new() { MerchantId = "one" });

        Assert.Equal((ErrorReason.WatchLimitExceeded, "STREAM", "1"), (refused.Reason, refused.Metadata["scope"], refused.Metadata["limit"]));
        Assert.Equal((ErrorReason.WatchLimitExceeded, "PROCESS", "1"), (noStream.Reason, noStream.Metadata["scope"], noStream.Metadata["limit"]));
        Assert.True(await screen.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task Bounded_A_merchant_that_is_added_too_often_is_refused_and_others_are_not()
    {
        await using var limited = await Service.StartAsync(new() { ["Limits:CallsPerMerchant"] = "1", ["Limits:Burst"] = "1" });
        using var stream = limited.Client.Watches.WatchPageLists();
        await stream.RequestStream.WriteAsync(Add("often"));
        await NextAsync(stream);

        var request = Add("often");
        request.Removes.Add(new WatchPageListsRequest.Types.Remove { MerchantId = "often" });
        ConnectionStateError? failure = null;
        while (failure is null)
        {
            await stream.RequestStream.WriteAsync(request);
            Assert.NotNull((await NextAsync(stream)).Removed);
            var answer = await NextAsync(stream);
            failure = answer.Failure is null ? null : FailureOf(answer, "often");
        }

        Assert.Equal(ErrorReason.RateLimitExceeded, failure.Reason);
        Assert.NotNull(failure.RetryDelay);
        await stream.RequestStream.WriteAsync(Add("another"));
        Assert.NotNull((await NextAsync(stream)).Message);
    }

    [Fact]
    public async Task Failed_An_invalid_token_fails_its_merchant_alone()
    {
        using var stream = service.Client.Watches.WatchPageLists();
        var request = Add("bad-token", "nonsense");
        request.Adds.Add(new WatchPageListsRequest.Types.Add { MerchantId = "good" });
        await stream.RequestStream.WriteAsync(request);
        var updates = new[] { await NextAsync(stream), await NextAsync(stream) }.OrderBy(update => update.MerchantId).ToList();

        var failure = FailureOf(updates[0], "bad-token");
        Assert.Equal((StatusCode.InvalidArgument, ErrorReason.ResumeTokenInvalid, "MALFORMED"), (failure.StatusCode, failure.Reason, failure.Metadata["problem"]));
        Assert.Equal(SnapshotReason.Initial, updates[1].Message.Snapshot.Reason);
        await stream.RequestStream.WriteAsync(Add("bad-token"));
        Assert.NotNull((await NextAsync(stream)).Message);
    }

    [Fact]
    public async Task Failed_A_request_with_an_invalid_field_ends_the_stream()
    {
        using var stream = service.Client.Watches.WatchPageLists();
        await stream.RequestStream.WriteAsync(Add("fine"));
        await NextAsync(stream);

        await stream.RequestStream.WriteAsync(Add("not fine"));

        var failure = await EndAsync(stream);
        Assert.Equal(ErrorReason.InvalidRequest, failure.Reason);
        Assert.Equal("adds[0].merchant_id", Assert.Single(failure.Violations).Field);
    }

    [Fact]
    public async Task Ends_well_A_stream_fails_with_SHUTTING_DOWN_when_the_service_stops()
    {
        await using var stopped = await Service.StartAsync(listens: true);
        using var stream = stopped.Client.Watches.WatchPageLists();
        await stream.RequestStream.WriteAsync(Add("m"));
        await NextAsync(stream);
        var ending = EndAsync(stream);

        await stopped.StopAsync();

        Assert.Equal((StatusCode.Unavailable, ErrorReason.ShuttingDown), ((await ending).StatusCode, (await ending).Reason));
    }

    [Fact]
    public async Task Ends_well_A_stream_ends_with_OK_when_its_lifetime_is_over_although_its_requests_are_not_complete()
    {
        await using var shortLived = await Service.StartAsync(new() { ["Watch:StreamLifetime"] = "00:00:01" }, listens: true);
        using var stream = shortLived.Client.Watches.WatchPageLists();
        await stream.RequestStream.WriteAsync(Add("m"));

        while (await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience))
        {
        }

        Assert.Equal(StatusCode.OK, stream.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Ends_well_A_stream_goes_on_when_its_requests_are_complete_and_ends_with_its_last_merchant()
    {
        var shop = service.NewMerchant();
        using var stream = service.Client.Watches.WatchPageLists();
        await stream.RequestStream.WriteAsync(Add(shop.Id));
        await stream.RequestStream.CompleteAsync();
        await NextAsync(stream);
        await shop.ConnectAsync(ApiMerchant.A);
        Assert.NotEmpty((await NextAsync(stream)).Message.Changes.Changes_);
        using var empty = service.Client.Watches.WatchPageLists();

        await empty.RequestStream.CompleteAsync();

        Assert.True(await empty.ResponseStream.MoveNext(CancellationToken.None));
        Assert.False(await empty.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Ends_well_A_caller_that_goes_away_leaves_nothing_behind()
    {
        await using var watched = await Service.StartAsync(new() { ["WatchLists:Streams"] = "1" }, listens: true);
        for (var n = 0; n < 3; n++)
        {
            // The place of the stream before is free once its caller is known to be gone.
            await Eventually.TrueAsync(async () =>
            {
                using var stream = watched.Client.Watches.WatchPageLists();
                await stream.RequestStream.WriteAsync(Add("m"));
                try
                {
                    return (await NextAsync(stream)).Message is not null;
                }
                catch (RpcException e) when (e.GetConnectionStateError().Reason is ErrorReason.WatchLimitExceeded)
                {
                    return false;
                }
            });
        }
    }

    [Fact]
    public async Task Streams_of_many_merchants_are_served_on_the_gRPC_port_only()
    {
        await using var listening = await Service.StartAsync(listens: true);
        var endpoints = (BoundEndpoints)listening.Services.GetService(typeof(BoundEndpoints))!;
        using var web = GrpcChannel.ForAddress(endpoints.Http, new() { HttpHandler = new GrpcWebHandler(new HttpClientHandler()), HttpVersion = new Version(1, 1) });
        var called = new Method<WatchPageListsRequest, WatchPageListsResponse>(
            MethodType.ServerStreaming,
            "connectionstate.v1.WatchService",
            "WatchPageLists",
            new(_ => [0x0a, 0x03, 0x0a, 0x01, 0x6d], _ => new()),
            new(_ => [], WatchPageListsResponse.Parser.ParseFrom));

        using var stream = web.CreateCallInvoker().AsyncServerStreamingCall(called, null, default, new());
        var refused = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None));
        using var screen = new WatchService.WatchServiceClient(web).WatchPageList(new() { MerchantId = "m" });

        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
        Assert.Contains("gRPC port", refused.Status.Detail, StringComparison.Ordinal);
        Assert.True(await screen.ResponseStream.MoveNext(CancellationToken.None));
    }

    private static WatchPageListsRequest Add(string merchantId, string? token = null)
    {
        var add = new WatchPageListsRequest.Types.Add { MerchantId = merchantId };
        if (token is not null)
        {
            add.ResumeToken = token;
        }

        return new() { Adds = { add } };
    }

    // One after the other, whatever is in one message.
    private readonly Dictionary<object, Queue<WatchPageListsResponse.Types.Update>> received = [];

    private async Task<WatchPageListsResponse.Types.Update> NextAsync(AsyncDuplexStreamingCall<WatchPageListsRequest, WatchPageListsResponse> stream)
    {
        if (!received.TryGetValue(stream, out var updates))
        {
            received[stream] = updates = [];
        }

        while (updates.Count == 0)
        {
            Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience));
            foreach (var update in stream.ResponseStream.Current.Updates)
            {
                updates.Enqueue(update);
            }
        }

        return updates.Dequeue();
    }

    private static ConnectionStateError FailureOf(WatchPageListsResponse.Types.Update update, string merchantId)
    {
        Assert.Equal(merchantId, update.MerchantId);
        return update.Failure.ToRpcException().GetConnectionStateError();
    }

    private static async Task<ConnectionStateError> EndAsync(AsyncDuplexStreamingCall<WatchPageListsRequest, WatchPageListsResponse> stream) =>
        (await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience))
            {
            }
        })).GetConnectionStateError();
}
