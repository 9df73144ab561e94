using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Auth;

/// <summary>Authorized: a stream whose reader does not read ends with its token too, although a write to it does not complete.</summary>
public sealed class UnreadStreamTests : IAsyncLifetime
{
    private const string Merchant = "shop-1";

    private readonly AuthService auth = new();

    public UnreadStreamTests()
    {
        auth.Settings["Watch:StreamLifetime"] = "10:00:00";
        auth.Settings["Watch:StreamsPerMerchant"] = "1";
    }

    public Task InitializeAsync() => auth.InitializeAsync();

    public Task DisposeAsync() => auth.DisposeAsync();

    [Theory]
    [InlineData("gRPC", true)]
    [InlineData("gRPC-Web", true)]
    [InlineData("gRPC", false)]
    public async Task Authorized_A_stream_that_nobody_reads_is_aborted_after_its_token_expired_or_was_revoked(string transport, bool expires)
    {
        using var unread = Watch(transport, await auth.IssueAsync(Merchant, lifetime: TimeSpan.FromMinutes(1)));
        Assert.True(await unread.ResponseStream.MoveNext(CancellationToken.None));
        await FillAsync();
        Assert.Equal(ErrorReason.WatchLimitExceeded, await TryWatchAsync());

        if (expires)
        {
            auth.Clock.Advance(TimeSpan.FromSeconds(91));
        }
        else
        {
            await new TokenService.TokenServiceClient(auth.Grpc).RevokeMerchantTokensAsync(new() { MerchantId = Merchant }, Key());
        }

        // The write is given time to complete, so that a reader that is only slow gets the reason.
        await Eventually.TrueAsync(async () =>
        {
            auth.Clock.Advance(TimeSpan.FromSeconds(1));
            return await TryWatchAsync() is null;
        });
        var failure = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (await unread.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience))
            {
                // What was sent before the end.
            }
        });
        Assert.IsNotType<TimeoutException>(failure);
    }

    // More than the transport buffers, so that a write waits.
    private async Task FillAsync()
    {
        var actor = new string('ạ', 200);
        for (var pages = 1; pages <= 200; pages++)
        {
            await new PlanService.PlanServiceClient(auth.Grpc).SetPlanAsync(
                new() { MerchantId = Merchant, Plan = Plan.Standard, BoughtPages = pages % 2, Actor = actor }, Key());
        }
    }

    private Metadata Key() => AuthService.Bearer(auth.Key(AuthService.AllScopes));

    private AsyncServerStreamingCall<WatchPageListResponse> Watch(string transport, string token) =>
        new WatchService.WatchServiceClient(auth.Invoker(transport)).WatchPageList(new() { MerchantId = Merchant }, AuthService.Bearer(token));

    // Null: another stream of the merchant can be opened.
    private async Task<ErrorReason?> TryWatchAsync()
    {
        using var other = Watch("gRPC", auth.Key(AuthService.AllScopes));
        try
        {
            Assert.True(await other.ResponseStream.MoveNext(CancellationToken.None));
            return null;
        }
        catch (RpcException e)
        {
            return e.GetConnectionStateError().Reason;
        }
    }
}
