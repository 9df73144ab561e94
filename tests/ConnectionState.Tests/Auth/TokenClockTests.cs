using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Auth;

/// <summary>Merchant tokens and revocations follow the store's clock, which all processes share, whatever the clock of the process says.</summary>
public sealed class TokenClockTests : IAsyncLifetime
{
    private const string Merchant = "shop-1";

    private readonly AuthService auth = new();

    public Task InitializeAsync() => auth.InitializeAsync();

    public Task DisposeAsync() => auth.DisposeAsync();

    [Theory]
    [InlineData(-20)]
    [InlineData(20)]
    public async Task A_merchant_token_and_its_stream_end_by_the_clock_of_the_store(int minutesAhead)
    {
        Skew(minutesAhead);
        var token = await auth.IssueAsync(Merchant, lifetime: TimeSpan.FromMinutes(1));
        Assert.Null(await CallAsync(token));
        using var stream = new WatchService.WatchServiceClient(auth.Grpc).WatchPageList(new() { MerchantId = Merchant }, AuthService.Bearer(token));
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        auth.Clock.Advance(TimeSpan.FromSeconds(89));
        Assert.Null(await CallAsync(token));

        auth.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(ErrorReason.TokenExpired, await CallAsync(token));
        var end = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience))
            {
                // Checkpoints.
            }
        });
        Assert.Equal(ErrorReason.TokenExpired, end.GetConnectionStateError().Reason);
    }

    [Theory]
    [InlineData("gRPC", true)]
    [InlineData("gRPC", false)]
    [InlineData("gRPC-Web", true)]
    [InlineData("gRPC-Web", false)]
    public async Task A_token_is_accepted_until_30_seconds_after_its_expiry_whether_it_was_seen_before_or_not(string transport, bool byMerchantToken)
    {
        var lifetime = TimeSpan.FromMinutes(1);
        var seen = await NewAsync("seen");
        var unseen = new Queue<string>();
        for (var i = 0; i < 5; i++)
        {
            unseen.Enqueue(await NewAsync($"unseen {i}"));
        }

        auth.Clock.Advance(lifetime - TimeSpan.FromSeconds(1));
        foreach (var (step, isAccepted) in new[] { (0, true), (1, true), (29, true), (1, false), (1, false) })
        {
            auth.Clock.Advance(TimeSpan.FromSeconds(step));
            ErrorReason? expected = isAccepted ? null : ErrorReason.TokenExpired;
            Assert.Equal(expected, await CallAsync(seen, transport));
            Assert.Equal(expected, await CallAsync(unseen.Dequeue(), transport));
        }

        async Task<string> NewAsync(string actor) => byMerchantToken
            ? await auth.IssueAsync(Merchant, lifetime: lifetime, actor: actor)
            : auth.Tokens.New("pages.read", lifetime: lifetime, subject: actor);
    }

    [Theory]
    [InlineData(-20)]
    [InlineData(20)]
    public async Task A_revocation_is_kept_by_the_clock_of_the_store_as_long_as_a_token_that_it_covers(int minutesAhead)
    {
        Skew(minutesAhead);
        var token = await auth.IssueAsync(Merchant);
        await new TokenService.TokenServiceClient(auth.Grpc).RevokeMerchantTokensAsync(
            new() { MerchantId = Merchant }, AuthService.Bearer(auth.Key(AuthService.AllScopes)));

        for (var reads = 0; reads < 2; reads++)
        {
            Assert.Equal(ErrorReason.TokenRevoked, await CallAsync(token));
            await ReadRevocationsAsync();
        }

        Assert.Equal(ErrorReason.TokenRevoked, await CallAsync(token));
        Assert.Null(await CallAsync(await auth.IssueAsync(Merchant)));
    }

    [Theory]
    [InlineData(-20)]
    [InlineData(20)]
    public async Task A_token_of_an_authority_ends_by_the_clock_of_the_process(int minutesAhead)
    {
        Skew(minutesAhead);
        var token = auth.Tokens.New("pages.read", lifetime: TimeSpan.FromMinutes(1));
        Assert.Null(await CallAsync(token));

        auth.Clock.Advance(TimeSpan.FromSeconds(91));

        Assert.Equal(ErrorReason.TokenExpired, await CallAsync(token));
    }

    private void Skew(int minutesAhead) => auth.Store.Time = () => auth.Clock.GetUtcNow().AddMinutes(minutesAhead);

    // Waits until the maintenance has read them once more and was done with it, which the next read shows.
    private async Task ReadRevocationsAsync()
    {
        var reads = 0;
        var done = new TaskCompletionSource();
        auth.Store.Before = method =>
        {
            if (method == nameof(ITokenStore.ReadRevocationsAsync) && Interlocked.Increment(ref reads) == 2)
            {
                done.TrySetResult();
            }

            return Task.CompletedTask;
        };
        await Eventually.TrueAsync(() =>
        {
            auth.Clock.Advance(TimeSpan.FromSeconds(5));
            return Task.FromResult(done.Task.IsCompleted);
        });
    }

    // Null: the call succeeded.
    private async Task<ErrorReason?> CallAsync(string token, string transport = "gRPC")
    {
        try
        {
            await new PageService.PageServiceClient(auth.Invoker(transport)).GetPageListAsync(new() { MerchantId = Merchant }, AuthService.Bearer(token));
            return null;
        }
        catch (RpcException e)
        {
            return e.GetConnectionStateError().Reason;
        }
    }
}
