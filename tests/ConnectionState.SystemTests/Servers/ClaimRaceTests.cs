using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Xunit.Abstractions;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Servers;

/// <summary>Two merchants are granted the same page at the same time, through two servers.</summary>
public sealed class ClaimRaceTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int Together = 20;
    private static readonly int Rounds = LongRun.Of(all: 50, usual: 5);

    private RedisServer redis = null!;
    private ServerGroup servers = null!;

    public async Task InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        servers = await ServerGroup.StartAsync(2, _ => redis.Configuration, attempts: 20);
    }

    public async Task DisposeAsync()
    {
        await servers.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Fact]
    public async Task R16_One_merchant_holds_the_page_after_a_race_even_if_a_server_is_killed()
    {
        var pages = new List<PageRef>();
        for (var round = 0; round < Rounds; round++)
        {
            PageRef[] raced = [.. Enumerable.Range(0, Together).Select(n => ApiMerchant.Facebook($"page-{round}-{n}"))];
            await RaceAsync(raced, killed: round % 5 == 2 ? round % 2 : null);
            pages.AddRange(raced);
        }

        await Eventually.TrueAsync(async () => await redis.ClaimsAsync() == 0);
        foreach (var page in pages)
        {
            await AssertOneHolderAsync(page);
        }

        log.WriteLine($"{pages.Count} races");
    }

    [Fact]
    public async Task R16_A_claim_of_a_server_that_died_after_the_commit_is_settled_by_another_server()
    {
        await using var proxy = new FaultProxy(redis.Port);
        await using var dying = await ServerGroup.StartAsync(1, $"127.0.0.1:{proxy.Port}", "--Store:Redis:Timeout=00:00:30");
        var page = ApiMerchant.Facebook("page");
        var (holder, claimer) = (new ApiMerchant(servers.Clients[0], "holder"), new ApiMerchant(dying.Clients[0], "claimer"));
        await holder.ConnectAsync(page);
        var session = await claimer.RequestAsync(page);

        // The script has written, but its reply is delayed and then lost: the server never runs what follows a commit.
        proxy.Delay = TimeSpan.FromSeconds(2);
        var granting = claimer.GrantAsync(session);
        await Eventually.TrueAsync(async () => await redis.ClaimsAsync() == 1);
        proxy.Refuse();
        await Assert.ThrowsAsync<RpcException>(() => granting);
        await dying.KillAsync(0);

        await Eventually.TrueAsync(async () => (await holder.FindAsync(page)).Cause == Cause.SignedInElsewhere);
        Assert.Equal(State.Connected, (await new ApiMerchant(servers.Clients[1], "claimer").FindAsync(page)).State);
        await Eventually.TrueAsync(async () => await redis.ClaimsAsync() == 0);
    }

    private async Task RaceAsync(PageRef[] pages, int? killed)
    {
        var sessions = await Task.WhenAll(pages.SelectMany(page => new[] { 0, 1 }.Select(async side =>
            (Page: page, Side: side, Session: await Merchant(page, side).RequestAsync(page)))));
        var grants = sessions.Select(s => Task.Run(() => GrantAsync(s.Page, s.Side, s.Session.SessionId))).ToList();
        if (killed is { } victim)
        {
            await Task.WhenAny(grants);
            await servers.KillAsync(victim);
            await servers.RestartAsync(victim);
        }

        await Task.WhenAll(grants);
    }

    private ApiMerchant Merchant(PageRef page, int side) => new(servers.Clients[side], $"{page.PageId}-{side}");

    // Like a caller: retries the same request until it is answered.
    private async Task GrantAsync(PageRef page, int side, string sessionId)
    {
        var request = new GrantRequest { MerchantId = $"{page.PageId}-{side}", SessionId = sessionId, RequestId = Guid.NewGuid().ToString("N") };
        while (true)
        {
            try
            {
                await servers.Clients[side].Connect.GrantAsync(request);
                return;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Internal)
            {
                Assert.Equal(ErrorReason.Unspecified, e.GetConnectionStateError().Reason);
            }
        }
    }

    private async Task AssertOneHolderAsync(PageRef page)
    {
        Connection[] both = [await Merchant(page, 0).FindAsync(page), await Merchant(page, 1).FindAsync(page)];

        Assert.Equal([State.Connected, State.Disconnected], both.Select(c => c.State).Order());
        Assert.Equal(Cause.SignedInElsewhere, both.Single(c => c.State is State.Disconnected).Cause);
    }
}
