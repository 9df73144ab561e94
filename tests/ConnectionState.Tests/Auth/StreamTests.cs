using ConnectionStateService.Auth;
using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Auth;

/// <summary>Authorized: a stream ends with its token, over gRPC and gRPC-Web.</summary>
public sealed class StreamTests : IAsyncLifetime
{
    private readonly AuthService auth = new();
    private int boughtPages;

    // Streams would end by themselves, and quiet ones would be given up, while the clock moves.
    public StreamTests() => auth.Settings["Watch:StreamLifetime"] = "10:00:00";

    public Task InitializeAsync() => auth.InitializeAsync();

    public Task DisposeAsync() => auth.DisposeAsync();

    [Theory]
    [InlineData("gRPC", true)]
    [InlineData("gRPC", false)]
    [InlineData("gRPC-Web", true)]
    [InlineData("gRPC-Web", false)]
    public async Task Authorized_A_stream_is_open_until_29_seconds_after_its_token_expired_and_has_ended_after_31(string transport, bool byMerchantToken)
    {
        var lifetime = TimeSpan.FromMinutes(1);
        var token = byMerchantToken ? await auth.IssueAsync("shop-1", lifetime: lifetime) : auth.Tokens.New("pages.read", lifetime: lifetime);
        using var stream = await WatchAsync(transport, "shop-1", token);

        auth.Clock.Advance(lifetime - TimeSpan.FromSeconds(1));
        await AssertOpenAsync(stream, "shop-1");
        auth.Clock.Advance(TimeSpan.FromSeconds(1));
        await AssertOpenAsync(stream, "shop-1");
        auth.Clock.Advance(TimeSpan.FromSeconds(29));
        await AssertOpenAsync(stream, "shop-1");
        var position = stream.ResponseStream.Current.ResumeToken;
        auth.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((StatusCode.Unauthenticated, ErrorReason.TokenExpired), await EndAsync(stream));
        var resumed = await Assert.ThrowsAsync<RpcException>(() => WatchAsync(transport, "shop-1", token));
        Assert.Equal(ErrorReason.TokenExpired, resumed.GetConnectionStateError().Reason);
        using var fresh = await WatchAsync(transport, "shop-1", await auth.IssueAsync("shop-1"), position);
    }

    [Fact]
    public async Task Authorized_A_stream_by_key_does_not_expire()
    {
        using var stream = await WatchAsync("gRPC", "shop-2", auth.Key(AuthService.AllScopes));

        auth.Clock.Advance(TimeSpan.FromHours(5));

        await AssertOpenAsync(stream, "shop-2");
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task Authorized_A_revocation_ends_the_streams_of_the_merchant_and_refuses_its_tokens_at_once(string transport)
    {
        var token = await auth.IssueAsync("shop-3");
        using var revoked = await WatchAsync(transport, "shop-3", token);
        using var other = await WatchAsync(transport, "shop-4", await auth.IssueAsync("shop-4"));
        using var byKey = await WatchAsync(transport, "shop-3", auth.Key(AuthService.AllScopes));

        await RevokeAsync("shop-3");

        Assert.Equal((StatusCode.Unauthenticated, ErrorReason.TokenRevoked), await EndAsync(revoked));
        Assert.Equal(ErrorReason.TokenRevoked, await CallAsync(transport, "shop-3", token));
        await AssertOpenAsync(other, "shop-4");
        await AssertOpenAsync(byKey, "shop-3");
        using var fresh = await WatchAsync(transport, "shop-3", await auth.IssueAsync("shop-3"));
        await AssertOpenAsync(fresh, "shop-3");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Authorized_A_revocation_by_another_process_ends_streams_also_if_its_notification_is_lost(bool isLost)
    {
        auth.Store.DropsNotifications = isLost;
        var token = await auth.IssueAsync("shop-5");
        using var stream = await WatchAsync("gRPC", "shop-5", token);

        await auth.Store.AddRevocationAsync(new Revocation("shop-5", auth.Clock.GetUtcNow()), default, CancellationToken.None);
        if (isLost)
        {
            var read = new TaskCompletionSource();
            auth.Store.After = method => Task.FromResult(method is nameof(ITokenStore.ReadRevocationsAsync) && read.TrySetResult());
            auth.Clock.Advance(TimeSpan.FromSeconds(5));
            await read.Task.WaitAsync(Eventually.Patience);
        }

        Assert.Equal((StatusCode.Unauthenticated, ErrorReason.TokenRevoked), await EndAsync(stream));
        Assert.Equal(ErrorReason.TokenRevoked, await CallAsync("gRPC", "shop-5", token));
    }

    [Fact]
    public async Task A_key_that_is_removed_from_the_file_is_refused_and_its_streams_end_and_the_others_stay()
    {
        auth.AddKey("old", ["pages.read"]);
        auth.WriteKeys();
        var source = auth.Service.Services.GetRequiredService<KeyRingSource>();
        source.Reread();
        using var stream = await WatchAsync("gRPC", "shop-6", auth.Key("old"));
        using var kept = await WatchAsync("gRPC", "shop-6", await auth.IssueAsync("shop-6"));

        // Two are valid at once, so that callers can change from one to the other.
        auth.AddKey("new", ["pages.read"]);
        auth.WriteKeys();
        source.Reread();
        Assert.Null(await CallAsync("gRPC", "shop-6", auth.Key("new")));
        await AssertOpenAsync(stream, "shop-6");

        auth.RemoveKeys();
        auth.AddKey("new", ["pages.read"]);
        auth.WriteKeys();
        source.Reread();

        Assert.Equal((StatusCode.Unauthenticated, ErrorReason.TokenRevoked), await EndAsync(stream));
        Assert.Equal(ErrorReason.TokenInvalid, await CallAsync("gRPC", "shop-6", auth.Key("old")));
        Assert.Null(await CallAsync("gRPC", "shop-6", auth.Key("new")));
        await AssertOpenAsync(kept, "shop-6");
    }

    [Fact]
    public async Task The_key_file_is_read_again_while_the_service_runs_and_errors_in_it_change_nothing()
    {
        auth.AddKey("later", ["pages.read"]);
        auth.WriteKeys();
        await Eventually.TrueAsync(async () =>
        {
            auth.Clock.Advance(TimeSpan.FromSeconds(5));
            return await CallAsync("gRPC", "shop-7", auth.Key("later")) is null;
        });

        foreach (var content in (string[])["{", "null", """{"keys":[null]}""", """{"keys":[{"id":"a","scopes":[null]}]}"""])
        {
            await File.WriteAllTextAsync(auth.KeysFile, content);
            auth.Service.Services.GetRequiredService<KeyRingSource>().Reread();
        }

        Assert.Null(await CallAsync("gRPC", "shop-7", auth.Key("later")));
    }

    private async Task<AsyncServerStreamingCall<WatchPageListResponse>> WatchAsync(
        string transport, string merchantId, string token, string? resumeToken = null)
    {
        var request = new WatchPageListRequest { MerchantId = merchantId };
        if (resumeToken is not null)
        {
            request.ResumeToken = resumeToken;
        }

        var stream = new WatchService.WatchServiceClient(auth.Invoker(transport)).WatchPageList(request, AuthService.Bearer(token));
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        return stream;
    }

    // A commit arrives. The caller of the commit is not the one of the stream.
    private async Task AssertOpenAsync(AsyncServerStreamingCall<WatchPageListResponse> stream, string merchantId)
    {
        var set = await new PlanService.PlanServiceClient(auth.Grpc).SetPlanAsync(
            new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = ++boughtPages }, AuthService.Bearer(auth.Tokens.New("plan.write")));
        do
        {
            Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience));
        }
        while (stream.ResponseStream.Current.Changes?.PageList.Quota.Limit != set.Quota.Limit);
    }

    private static async Task<(StatusCode Status, ErrorReason Reason)> EndAsync(AsyncServerStreamingCall<WatchPageListResponse> stream)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience))
            {
                // What was sent before the end.
            }
        });
        return (failure.StatusCode, failure.GetConnectionStateError().Reason);
    }

    private async Task RevokeAsync(string merchantId) => await new TokenService.TokenServiceClient(auth.Grpc).RevokeMerchantTokensAsync(
        new() { MerchantId = merchantId }, AuthService.Bearer(auth.Key(AuthService.AllScopes)));

    // Null: the call succeeded.
    private async Task<ErrorReason?> CallAsync(string transport, string merchantId, string token)
    {
        try
        {
            await new PageService.PageServiceClient(auth.Invoker(transport)).GetPageListAsync(new() { MerchantId = merchantId }, AuthService.Bearer(token));
            return null;
        }
        catch (RpcException e)
        {
            return e.GetConnectionStateError().Reason;
        }
    }
}

/// <summary>Streams of the standard services, when they need a token.</summary>
public sealed class StandardStreamTests : IAsyncLifetime
{
    private readonly AuthService auth = new();

    public StandardStreamTests() => auth.Settings["Auth:AnonymousProbes"] = "false";

    public Task InitializeAsync() => auth.InitializeAsync();

    public Task DisposeAsync() => auth.DisposeAsync();

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_watch_of_the_health_ends_with_its_token(string transport)
    {
        var health = new Grpc.Health.V1.Health.HealthClient(auth.Invoker(transport));
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => health.CheckAsync(new()).ResponseAsync)).StatusCode);
        using var watch = health.Watch(new(), AuthService.Bearer(auth.Tokens.New("probes", lifetime: TimeSpan.FromMinutes(1))));
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        auth.Clock.Advance(TimeSpan.FromSeconds(91));

        var failure = await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience));
        Assert.Equal(ErrorReason.TokenExpired, failure.GetConnectionStateError().Reason);
    }
}
