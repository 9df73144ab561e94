using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace ConnectionStateService.Tests.Client;

/// <summary>The stream that all merchants of a cache share.</summary>
public sealed class SharedWatchTests
{
    private readonly ScriptedStreams service = new();

    [Fact]
    public async Task All_merchants_share_one_stream_and_each_message_adds_at_most_256()
    {
        await using var cache = service.NewSharedCache(capacity: 1_000);
        for (var n = 0; n < 600; n++)
        {
            cache.TryGet($"m{n}", out _);
        }

        for (var n = 0; n < 600; n++)
        {
            (await service.OpenedAsync()).Snapshot(1);
        }

        await Eventually.TrueAsync(() => Task.FromResult(Enumerable.Range(0, 600).All(n => cache.TryGet($"m{n}", out var found) && found.IsLive)));
        var stream = Assert.Single(service.Lists);
        Assert.All(stream.Requests, request => Assert.InRange(request.Adds.Count, 1, 256));
        Assert.Equal(600, stream.Requests.Sum(request => request.Adds.Count));
    }

    [Fact]
    public async Task After_a_lost_stream_every_merchant_resumes_with_its_token_on_one_new_stream()
    {
        await using var cache = service.NewSharedCache();
        var streams = await BeginAsync(cache, "a", "b", "c");
        streams["b"].Changes(2);
        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("b", out var found) && found.PageList.Revision == 2));

        streams["a"].Fail(StatusCode.Unavailable);
        var resumed = new Dictionary<string, string>();
        for (var n = 0; n < 3; n++)
        {
            var stream = await service.OpenedAsync();
            resumed[stream.Request.MerchantId] = stream.Request.ResumeToken;
            Assert.True(cache.TryGet(stream.Request.MerchantId, out var stale) && !stale.IsLive);
            stream.Checkpoint(stream.Request.MerchantId == "b" ? 2 : 1);
        }

        Assert.Equal(("token-1", "token-2", "token-1"), (resumed["a"], resumed["b"], resumed["c"]));
        await Eventually.TrueAsync(() => Task.FromResult(
            ((string[])["a", "b", "c"]).All(id => cache.TryGet(id, out var found) && found is { IsLive: true, PageList.Revision: > 0 })));
        Assert.Equal(2, service.Lists.Count);
    }

    [Fact]
    public async Task A_stream_that_has_reached_its_lifetime_is_followed_by_another_and_the_lists_stay_live()
    {
        await using var cache = service.NewSharedCache();
        var streams = await BeginAsync(cache, "a");

        streams["a"].End();
        var next = await service.OpenedAsync();

        Assert.Equal("token-1", next.Request.ResumeToken);
        Assert.True(cache.TryGet("a", out var found) && found.IsLive);
    }

    [Fact]
    public async Task A_merchant_that_fails_is_added_again_with_its_token_and_the_others_stay_live()
    {
        await using var cache = service.NewSharedCache();
        var streams = await BeginAsync(cache, "bad", "good");

        streams["bad"].Fail(StatusCode.DataLoss);
        var again = await service.OpenedAsync();

        Assert.Equal(("bad", "token-1"), (again.Request.MerchantId, again.Request.ResumeToken));
        Assert.True(cache.TryGet("bad", out var stale) && !stale.IsLive);
        Assert.True(cache.TryGet("good", out var live) && live.IsLive);
        again.Changes(2);
        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("bad", out var found) && found is { IsLive: true, PageList.Revision: 2 }));
        Assert.Single(service.Lists);
    }

    [Fact]
    public async Task A_merchant_whose_token_is_refused_is_added_without_one()
    {
        await using var cache = service.NewSharedCache();
        var streams = await BeginAsync(cache, "m");

        streams["m"].Fail(InvalidToken());
        var again = await service.OpenedAsync();

        Assert.False(again.Request.HasResumeToken);
        again.Snapshot(5);
        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("m", out var found) && found is { IsLive: true, PageList.Revision: 5 }));
    }

    [Fact]
    public async Task What_was_on_its_way_when_a_merchant_was_removed_is_not_for_the_one_that_is_added_again()
    {
        await using var cache = service.NewSharedCache();
        var streams = await BeginAsync(cache, "m", "other");
        var lists = Assert.Single(service.Lists);
        lists.AnswersRemoves = false;
        Assert.True(cache.Forget("m"));
        var waiting = cache.WaitForAsync("m", _ => true);
        var again = await service.OpenedAsync();

        streams["m"].Fail(StatusCode.PermissionDenied);
        lists.AnswerRemove("m");
        again.Snapshot(7);

        Assert.Equal(7, (await waiting.WaitAsync(Eventually.Patience)).PageList.Revision);
    }

    [Fact]
    public async Task Merchants_of_partitions_that_were_not_confirmed_get_older()
    {
        await using var cache = service.NewSharedCache();
        await BeginAsync(cache, "a", "b");
        Assert.NotEqual(Partition.Of("a"), Partition.Of("b"));
        service.Leap(TimeSpan.FromSeconds(40));

        Assert.Single(service.Lists).Send(new WatchPageListsResponse { Checkpoint = new() { UnconfirmedPartitions = { Partition.Of("b") } } });

        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("a", out var found) && found.Age < TimeSpan.FromSeconds(40)));
        Assert.True(cache.TryGet("b", out var old) && old is { IsLive: true } && old.Age >= TimeSpan.FromSeconds(40));
    }

    [Fact]
    public async Task A_checkpoint_does_not_confirm_a_merchant_that_the_stream_has_not_sent()
    {
        await using var cache = service.NewSharedCache();
        var streams = await BeginAsync(cache, "a", "b");
        streams["a"].End();
        var next = new[] { await service.OpenedAsync(), await service.OpenedAsync() }.ToDictionary(stream => stream.Request.MerchantId);
        next["a"].Checkpoint(1);
        service.Leap(TimeSpan.FromSeconds(40));

        service.Lists.Last().Send(new WatchPageListsResponse { Checkpoint = new() });

        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("a", out var found) && found.Age < TimeSpan.FromSeconds(40)));
        Assert.True(cache.TryGet("b", out var old) && old.Age >= TimeSpan.FromSeconds(40));
    }

    [Fact]
    public async Task The_stream_is_closed_when_the_cache_is_empty_and_opened_again_with_the_next_merchant()
    {
        await using var cache = service.NewSharedCache();
        await BeginAsync(cache, "m");
        Assert.False(Assert.Single(service.Lists).IsClosed);

        cache.Forget("m");

        await Eventually.TrueAsync(() => Task.FromResult(Assert.Single(service.Lists).IsClosed));
        await BeginAsync(cache, "n");
        Assert.Equal(2, service.Lists.Count);
    }

    [Fact]
    public async Task A_server_without_such_streams_gets_a_stream_for_each_merchant()
    {
        service.HasLists = false;
        await using var cache = service.NewSharedCache();
        var streams = await BeginAsync(cache, "a", "b");

        cache.Forget("a");

        await Eventually.TrueAsync(() => Task.FromResult(streams["a"].IsClosed));
        Assert.True(cache.TryGet("b", out var found) && found.IsLive);
        Assert.Single(service.Lists);
    }

    [Fact]
    public async Task Waits_end_when_the_client_is_disposed()
    {
        await using var cache = service.NewSharedCache();
        await BeginAsync(cache, "m");
        var waiting = cache.WaitForAsync("m", _ => false);

        await service.Stopping.CancelAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Eventually.Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.WaitForAsync("n", _ => true).WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task The_stream_is_authenticated_and_moves_to_the_next_token()
    {
        var issued = 0;
        service.Options.TokenSource = _ => new(new AccessToken($"token-{++issued}", DateTimeOffset.UtcNow.AddSeconds(issued == 1 ? 2 : 3_600)));
        await using var cache = service.NewSharedCache();
        cache.TryGet("m", out _);
        var first = (await service.OpenedAsync()).Snapshot(1);
        var next = await service.OpenedAsync();

        Assert.Equal(("Bearer token-1", "Bearer token-2"), (first.Authorization, next.Authorization));
        Assert.Equal("token-1", next.Request.ResumeToken);
        Assert.True(cache.TryGet("m", out var found) && found.IsLive);
    }

    private async Task<Dictionary<string, ScriptedStream>> BeginAsync(PageListCache cache, params string[] merchants)
    {
        var streams = new Dictionary<string, ScriptedStream>();
        foreach (var merchant in merchants)
        {
            var waiting = cache.WaitForAsync(merchant, _ => true);
            streams[merchant] = (await service.OpenedAsync()).Snapshot(1);
            await waiting.WaitAsync(Eventually.Patience);
        }

        return streams;
    }

    private static RpcException InvalidToken()
    {
        var info = new ErrorInfo { Domain = "connectionstate", Reason = "RESUME_TOKEN_INVALID", Metadata = { ["problem"] = "MALFORMED" } };
        return new Google.Rpc.Status { Code = (int)StatusCode.InvalidArgument, Message = "invalid", Details = { Any.Pack(info) } }.ToRpcException();
    }
}
