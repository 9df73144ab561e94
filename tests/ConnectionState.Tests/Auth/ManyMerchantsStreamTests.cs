using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Auth;

/// <summary>Authorized: who may watch which merchants on a stream of many, and when the stream ends.</summary>
public sealed class ManyMerchantsStreamTests : IAsyncLifetime
{
    private readonly AuthService auth = new();

    public ManyMerchantsStreamTests() => auth.Settings["Watch:StreamLifetime"] = "10:00:00";

    public Task InitializeAsync() => auth.InitializeAsync();

    public Task DisposeAsync() => auth.DisposeAsync();

    [Fact]
    public async Task Authorized_A_caller_that_is_limited_to_merchants_gets_only_its_own_and_the_stream_goes_on()
    {
        using var stream = Open(auth.Key(AuthService.OneMerchant));
        await AddAsync(stream, "other-shop");
        var refused = (await NextAsync(stream)).Failure.ToRpcException().GetConnectionStateError();
        await stream.RequestStream.WriteAsync(new() { Removes = { new WatchPageListsRequest.Types.Remove { MerchantId = "other-shop" } } });
        var notRemoved = (await NextAsync(stream)).Failure.ToRpcException().GetConnectionStateError();
        await AddAsync(stream, AuthService.OwnMerchant);

        Assert.Equal((StatusCode.PermissionDenied, ErrorReason.MerchantNotAllowed), (refused.StatusCode, refused.Reason));
        Assert.Equal(ErrorReason.MerchantNotAllowed, notRemoved.Reason);
        Assert.Equal(AuthService.OwnMerchant, (await NextAsync(stream)).Message.Snapshot.PageList.MerchantId);
    }

    [Fact]
    public async Task Authorized_A_stream_ends_31_seconds_after_its_token_expired()
    {
        var lifetime = TimeSpan.FromMinutes(1);
        using var stream = Open(auth.Tokens.New("pages.read", lifetime: lifetime));
        await AddAsync(stream, "shop");
        await NextAsync(stream);

        auth.Clock.Advance(lifetime + TimeSpan.FromSeconds(29));
        await AddAsync(stream, "another");
        Assert.NotNull((await NextAsync(stream)).Message);
        auth.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((StatusCode.Unauthenticated, ErrorReason.TokenExpired), await EndAsync(stream));
    }

    [Fact]
    public async Task Authorized_A_revocation_ends_the_stream_at_once()
    {
        using var stream = Open(await auth.IssueAsync("shop"));
        await AddAsync(stream, "shop");
        await NextAsync(stream);

        await new TokenService.TokenServiceClient(auth.Grpc).RevokeMerchantTokensAsync(new() { MerchantId = "shop" }, AuthService.Bearer(auth.Key(AuthService.AllScopes)));

        Assert.Equal((StatusCode.Unauthenticated, ErrorReason.TokenRevoked), await EndAsync(stream));
    }

    private AsyncDuplexStreamingCall<WatchPageListsRequest, WatchPageListsResponse> Open(string token) =>
        new WatchService.WatchServiceClient(auth.Grpc).WatchPageLists(AuthService.Bearer(token));

    private static Task AddAsync(AsyncDuplexStreamingCall<WatchPageListsRequest, WatchPageListsResponse> stream, string merchantId) =>
        stream.RequestStream.WriteAsync(new() { Adds = { new WatchPageListsRequest.Types.Add { MerchantId = merchantId } } });

    private static async Task<WatchPageListsResponse.Types.Update> NextAsync(
        AsyncDuplexStreamingCall<WatchPageListsRequest, WatchPageListsResponse> stream)
    {
        do
        {
            Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience));
        }
        while (stream.ResponseStream.Current.Updates.Count == 0);
        return Assert.Single(stream.ResponseStream.Current.Updates);
    }

    private static async Task<(StatusCode Status, ErrorReason Reason)> EndAsync(
        AsyncDuplexStreamingCall<WatchPageListsRequest, WatchPageListsResponse> stream)
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
}
