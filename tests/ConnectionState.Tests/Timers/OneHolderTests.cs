using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Timers;

/// <summary>One holder per page (R16), also if two merchants are granted it at the same time.</summary>
public sealed class OneHolderTests : IAsyncLifetime
{
    private const string First = "merchant-a";
    private const string Last = "merchant-z";
    private const string Other = "merchant-m";
    private static readonly PageRef Page = StoreSamples.Page;

    private Engine engine = null!;

    public async Task InitializeAsync() => engine = await Engine.StartAsync();

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Theory]
    [InlineData(First, Last, First)]
    [InlineData(First, Last, Last)]
    [InlineData(Last, First, First)]
    [InlineData(Last, First, Last)]
    public async Task R16_The_grant_that_was_registered_last_holds_the_page_in_whatever_order_the_claims_are_settled(
        string one, string other, string settledFirst)
    {
        await engine.GrantUnsettledAsync(Page, one, other);
        var claims = (await engine.ClaimsAsync()).OrderBy(c => c.MerchantId == settledFirst ? 0 : 1);

        foreach (var claim in claims)
        {
            await engine.Settlement.SettleAsync(claim, CancellationToken.None);
        }

        await AssertHolderAsync(other);
    }

    [Theory]
    [InlineData(First, Last, 0)]
    [InlineData(Last, First, 0)]
    [InlineData(First, Last, -4)]
    [InlineData(Last, First, -4)]
    [InlineData(First, Last, -7_200_000)]
    [InlineData(Last, First, -7_200_000)]
    public async Task R16_The_second_of_two_grants_holds_the_page_whatever_the_clock_says(string one, string other, int milliseconds)
    {
        var sessions = new[] { await engine.RequestAsync(one, Page), await engine.RequestAsync(other, Page) };
        var now = engine.Clock.GetUtcNow();
        var handler = engine.NewHandler(new InterceptedStore(engine.Store) { Time = () => now });

        await handler.HandleAsync(one, Engine.Grant(sessions[0]), CancellationToken.None);
        now += TimeSpan.FromMilliseconds(milliseconds);
        var second = await handler.HandleAsync(other, Engine.Grant(sessions[1]), CancellationToken.None);

        Assert.Equal(State.Connected, Assert.IsType<Decision.Changed>(second).Record.Find(Page)!.State);
        await AssertHolderAsync(other);
    }

    [Theory]
    [InlineData(First, Last)]
    [InlineData(Last, First)]
    public async Task R16_A_grant_that_began_earlier_but_was_stored_later_than_another_loses_the_page(string slow, string quick)
    {
        var (slowSession, quickSession) = (await engine.RequestAsync(slow, Page), await engine.RequestAsync(quick, Page));
        var overtaken = new InterceptedStore(engine.Store)
        {
            Before = method => GrantOnceAsync(method, nameof(IConnectionStore.CommitAsync), quick, quickSession),
        };

        var decision = await engine.NewHandler(overtaken).HandleAsync(slow, Engine.Grant(slowSession), CancellationToken.None);

        var answered = Assert.IsType<Decision.Changed>(decision).Record.Find(Page)!;
        Assert.Equal((State.Disconnected, Cause.SignedInElsewhere), (answered.State, answered.Cause));
        await AssertHolderAsync(quick);
    }

    [Fact]
    public async Task R16_A_grant_whose_process_died_before_it_was_registered_loses_to_a_grant_that_was_answered()
    {
        await GrantUnregisteredAsync(First);

        await engine.ConnectAsync(Last, Page);

        await engine.ProcessAfterAsync(TimeSpan.FromMinutes(1));
        await AssertHolderAsync(Last);
    }

    [Fact]
    public async Task R16_A_grant_takes_the_page_from_a_merchant_whose_claim_is_unsettled_before_it_is_answered()
    {
        await engine.GrantUnsettledAsync(Page, First);

        await engine.ConnectAsync(Last, Page);

        Assert.Equal((State.Disconnected, State.Connected), (await engine.StateAsync(First, Page), await engine.StateAsync(Last, Page)));
        Assert.Equal([First], (await engine.ClaimsAsync()).Select(c => c.MerchantId));
        await engine.ProcessAfterAsync(TimeSpan.FromMinutes(1));
        await AssertHolderAsync(Last);
    }

    [Fact]
    public async Task R16_A_grant_leaves_the_page_to_a_later_one_that_is_not_registered_yet()
    {
        var (session, laterSession) = (await engine.RequestAsync(First, Page), await engine.RequestAsync(Last, Page));
        var overtaken = new InterceptedStore(engine.Store)
        {
            Before = async method =>
            {
                if (method == nameof(IConnectionStore.FindMerchantsAsync) && await engine.StateAsync(Last, Page) == State.Pending)
                {
                    await GrantUnregisteredAsync(Last, laterSession);
                }
            },
        };

        await engine.NewHandler(overtaken).HandleAsync(First, Engine.Grant(session), CancellationToken.None);

        await engine.ProcessAfterAsync(TimeSpan.FromMinutes(1));
        await AssertHolderAsync(Last);
    }

    [Fact]
    public async Task R16_A_grant_leaves_the_page_to_a_later_one_that_is_settled_while_its_hold_is_examined()
    {
        var (session, laterSession) = (await engine.RequestAsync(First, Page), await engine.RequestAsync(Last, Page));
        var isSettled = false;
        var overtaken = new InterceptedStore(engine.Store)
        {
            Before = async method =>
            {
                if (method == nameof(IConnectionStore.FindMerchantsAsync) && await engine.StateAsync(Last, Page) == State.Pending)
                {
                    await GrantUnregisteredAsync(Last, laterSession);
                }
            },
            After = async method =>
            {
                if (method == nameof(IConnectionStore.ReadHoldAsync) && await engine.StateAsync(Last, Page) == State.Connected && !isSettled)
                {
                    isSettled = true;
                    await engine.Settlement.SettleAsync((await engine.ClaimsAsync()).Single(c => c.MerchantId == Last), CancellationToken.None);
                }
            },
        };

        await engine.NewHandler(overtaken).HandleAsync(First, Engine.Grant(session), CancellationToken.None);

        Assert.True(isSettled);
        await engine.ProcessAfterAsync(TimeSpan.FromMinutes(1));
        await AssertHolderAsync(Last);
    }

    [Fact]
    public async Task R16_A_grant_that_is_overtaken_by_one_that_ends_at_once_still_takes_the_page_from_its_holder()
    {
        await engine.ConnectAsync(First, Page);
        var session = await engine.RequestAsync(Last, Page);
        var registered = false;
        var overtaken = new InterceptedStore(engine.Store)
        {
            After = async method =>
            {
                if (method == nameof(IConnectionStore.RegisterAsync) && !registered)
                {
                    registered = true;
                    await engine.GrantUnsettledAsync(Page, Other);
                    await engine.HandleAsync(Other, new Command.Disconnect(Engine.Origin, Page));
                }
            },
        };

        await engine.NewHandler(overtaken).HandleAsync(Last, Engine.Grant(session), CancellationToken.None);

        await engine.ProcessAfterAsync(TimeSpan.FromMinutes(1));
        await AssertHolderAsync(Last);
    }

    [Fact]
    public async Task A_late_settlement_does_not_register_an_earlier_hold_over_a_newer_one_of_the_same_merchant()
    {
        var session = await engine.RequestAsync(First, Page);
        var isGrantedAgain = false;
        var overtaken = new InterceptedStore(engine.Store)
        {
            Before = async method =>
            {
                if (method == nameof(IConnectionStore.RegisterAsync) && !isGrantedAgain)
                {
                    isGrantedAgain = true;
                    await engine.HandleAsync(First, TestCommands.Reconnect(Page));
                }
            },
        };

        await engine.NewHandler(overtaken).HandleAsync(First, Engine.Grant(session), CancellationToken.None);

        Assert.True(isGrantedAgain);
        var held = (await engine.ReadAsync(First)).Find(Page)!.HoldId;
        Assert.Equal(new PageHold(First, held), await engine.Store.ReadHoldAsync(Page, CancellationToken.None));
    }

    [Fact]
    public async Task R16_An_overtaken_grant_that_cannot_give_the_page_back_keeps_its_claim()
    {
        var (slow, quick) = (await engine.RequestAsync(First, Page), await engine.RequestAsync(Last, Page));
        var releasing = false;
        var busy = new InterceptedStore(engine.Store)
        {
            Before = async method =>
            {
                await GrantOnceAsync(method, nameof(IConnectionStore.CommitAsync), Last, quick);
                if (method == nameof(IConnectionStore.CommitAsync) && releasing)
                {
                    await engine.OfferAsync(First, Page);
                }
            },
            After = method =>
            {
                releasing |= method == nameof(IConnectionStore.RegisterAsync);
                return Task.CompletedTask;
            },
        };

        await engine.NewHandler(busy).HandleAsync(First, Engine.Grant(slow), CancellationToken.None);

        Assert.Equal([First], (await engine.ClaimsAsync()).Select(c => c.MerchantId));
        await engine.ProcessAfterAsync(TimeSpan.FromMinutes(1));
        await AssertHolderAsync(Last);
    }

    [Fact]
    public async Task R16_A_deleted_page_that_works_again_is_not_restored_after_another_merchant_was_granted_it()
    {
        await engine.ConnectAsync(First, Page);
        var grantId = (await engine.ReadAsync(First)).Find(Page)!.GrantId;
        engine.Clock.Advance(TimeSpan.FromSeconds(1));
        await engine.HandleAsync(First, new Command.Report(
            Engine.Origin, Page, grantId, Signal.PageDeleted, SignalStrength.Hard, EvidenceSource.Signal, engine.Clock.GetUtcNow()));
        await engine.ConnectAsync(Last, Page);
        engine.Clock.Advance(TimeSpan.FromSeconds(1));

        var decision = await engine.HandleAsync(
            First, new Command.ReportSuccess(Engine.Origin, Page, grantId, engine.Clock.GetUtcNow()));

        var answered = Assert.IsType<Decision.Changed>(decision).Record.Find(Page)!;
        Assert.Equal((State.Disconnected, Cause.SignedInElsewhere), (answered.State, answered.Cause));
        await AssertHolderAsync(Last);
    }

    [Fact]
    public async Task R16_A_deleted_page_that_works_again_is_restored_if_nobody_else_was_granted_it()
    {
        await engine.ConnectAsync(First, Page);
        var grantId = (await engine.ReadAsync(First)).Find(Page)!.GrantId;
        engine.Clock.Advance(TimeSpan.FromSeconds(1));
        await engine.HandleAsync(First, new Command.Report(
            Engine.Origin, Page, grantId, Signal.PageDeleted, SignalStrength.Hard, EvidenceSource.Signal, engine.Clock.GetUtcNow()));
        engine.Clock.Advance(TimeSpan.FromSeconds(1));

        await engine.HandleAsync(First, new Command.ReportSuccess(Engine.Origin, Page, grantId, engine.Clock.GetUtcNow()));

        await AssertHolderAsync(First);
    }

    [Fact]
    public async Task R16_A_grant_succeeds_if_the_record_cannot_be_read_after_its_claim_was_settled()
    {
        var (slow, quick) = (await engine.RequestAsync(First, Page), await engine.RequestAsync(Last, Page));
        var settled = false;
        var overtaken = new InterceptedStore(engine.Store)
        {
            Before = async method =>
            {
                await GrantOnceAsync(method, nameof(IConnectionStore.CommitAsync), Last, quick);
                settled |= method == nameof(IConnectionStore.RemoveClaimAsync);
                if (settled && method == nameof(IConnectionStore.ReadAsync))
                {
                    throw new RecordUnreadableException(First, "its bytes are damaged");
                }
            },
        };

        var decision = await engine.NewHandler(overtaken).HandleAsync(First, Engine.Grant(slow), CancellationToken.None);

        Assert.True(settled);
        Assert.IsType<Decision.Changed>(decision);
        await AssertHolderAsync(Last);
    }

    // Grants the page to another merchant in the middle of a grant.
    private async Task GrantOnceAsync(string method, string before, string merchantId, string sessionId)
    {
        if (method == before && await engine.StateAsync(merchantId, Page) == State.Pending)
        {
            engine.Clock.Advance(TimeSpan.FromMilliseconds(1));
            await engine.HandleAsync(merchantId, Engine.Grant(sessionId));
        }
    }

    // As if the process had died between the commit and the registration.
    private async Task GrantUnregisteredAsync(string merchantId, string? sessionId = null)
    {
        sessionId ??= await engine.RequestAsync(merchantId, Page);
        var dying = new InterceptedStore(engine.Store)
        {
            Before = method => method == nameof(IConnectionStore.RegisterAsync)
                ? throw new StoreUnavailableException("an outage")
                : Task.CompletedTask,
        };
        await Assert.ThrowsAsync<StoreUnavailableException>(
            () => engine.NewHandler(dying).HandleAsync(merchantId, Engine.Grant(sessionId), CancellationToken.None));
    }

    private async Task AssertHolderAsync(string holder)
    {
        var connected = new List<string>();
        foreach (var id in (string[])[First, Other, Last])
        {
            if (await engine.StateAsync(id, Page) == State.Connected)
            {
                connected.Add(id);
            }
        }

        Assert.Equal([holder], connected);
        Assert.Empty(await engine.ClaimsAsync());
    }
}
