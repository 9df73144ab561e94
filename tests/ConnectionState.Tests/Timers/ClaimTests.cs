using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Timers;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace ConnectionStateService.Tests.Timers;

/// <summary>One holder per page (R16): the timer settles the claims that were left unsettled.</summary>
public sealed class ClaimTests : IAsyncLifetime
{
    private const string First = "merchant-a";
    private const string Last = "merchant-z";
    private static readonly TimeSpan ClaimAge = TimeSpan.FromSeconds(2);
    private static readonly PageRef Page = StoreSamples.Page;
    private static readonly PageRef OtherPage = new(Provider.Zalo, "oa-1");

    private Engine engine = null!;
    private int attempts;

    public async Task InitializeAsync() =>
        engine = await Engine.StartAsync(new StoreOptions { CommitAttempts = 3 }, new TimerOptions { ClaimAge = ClaimAge, Parallelism = 1 });

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task PageClaimProcessor_settles_a_claim_that_a_crash_left_unsettled()
    {
        await LeaveClaimAsync();

        await engine.ProcessAfterAsync(ClaimAge + TimeSpan.FromMilliseconds(1));

        Assert.Equal((State.Disconnected, State.Connected), (await engine.StateAsync(First, Page), await engine.StateAsync(Last, Page)));
        Assert.Empty(await engine.ClaimsAsync());
    }

    [Fact]
    public async Task PageClaimProcessor_ignores_a_claim_younger_than_ClaimAge()
    {
        await LeaveClaimAsync();

        await engine.ProcessAfterAsync(ClaimAge);

        Assert.Single(await engine.ClaimsAsync());
        Assert.Equal(State.Connected, await engine.StateAsync(First, Page));
    }

    [Fact]
    public async Task PageClaimProcessor_settles_a_claim_that_was_made_before_the_clock_was_set_back()
    {
        await LeaveClaimAsync();
        var earlier = engine.Clock.GetUtcNow() - TimeSpan.FromDays(1);

        await engine.NewPageClaimProcessor(new InterceptedStore(engine.Store) { Time = () => earlier }).ProcessUnsettledAsync(CancellationToken.None);

        Assert.Empty(await engine.ClaimsAsync());
        Assert.Equal(State.Disconnected, await engine.StateAsync(First, Page));
    }

    [Fact]
    public async Task Settling_a_claim_is_idempotent()
    {
        await LeaveClaimAsync();
        var claim = Assert.Single(await engine.ClaimsAsync());
        await engine.ProcessAfterAsync(TimeSpan.FromMinutes(1));

        await engine.Settlement.SettleAsync(claim, CancellationToken.None);
        await engine.ProcessDueAsync();

        Assert.Equal(1, await engine.CountAsync(First, Trigger.Displace));
        Assert.Equal(0, await engine.CountAsync(Last, Trigger.Displace));
    }

    [Fact]
    public async Task A_claim_is_kept_if_releasing_the_page_fails_with_ConcurrentChange()
    {
        await LeaveClaimAsync();
        var busy = new InterceptedStore(engine.Store)
        {
            Before = method => method == nameof(IConnectionStore.CommitAsync)
                ? engine.HandleAsync(First, new Command.BeginConnect(Engine.Origin, $"{Guid.NewGuid():N}", Provider.Zalo, null))
                : Task.CompletedTask,
        };
        engine.Clock.Advance(TimeSpan.FromMinutes(1));

        await engine.NewPageClaimProcessor(busy).ProcessUnsettledAsync(CancellationToken.None);
        Assert.Single(await engine.ClaimsAsync());

        await engine.ProcessDueAsync();
        Assert.Empty(await engine.ClaimsAsync());
        Assert.Equal(State.Disconnected, await engine.StateAsync(First, Page));
    }

    [Fact]
    public async Task A_claim_is_settled_despite_an_unreadable_merchant()
    {
        await engine.ConnectAsync("merchant-b", Page);
        engine.Clock.Advance(TimeSpan.FromSeconds(1));
        await LeaveClaimAsync();
        await engine.MakeUnreadableAsync("merchant-b");
        using var unreadable = engine.Collect("connectionstate.records.unreadable");

        await engine.ProcessAfterAsync(TimeSpan.FromMinutes(1));

        Assert.Empty(await engine.ClaimsAsync());
        Assert.Equal(State.Disconnected, await engine.StateAsync(First, Page));
        Assert.Equal(1, unreadable.GetMeasurementSnapshot().EvaluateAsCounter());
    }

    [Fact]
    public async Task An_unexpected_failure_on_one_claim_does_not_stop_the_other_claims()
    {
        await engine.GrantUnsettledAsync(OtherPage, "merchant-b");
        await LeaveClaimAsync();
        var settled = 0;
        engine.Store.Before = method => method == nameof(IConnectionStore.FindMerchantsAsync) && ++settled == 1
            ? throw new InvalidOperationException("a bug")
            : Task.CompletedTask;

        await engine.ProcessAfterAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(["merchant-b"], (await engine.ClaimsAsync()).Select(c => c.MerchantId));
        Assert.Equal(State.Disconnected, await engine.StateAsync(First, Page));
    }

    [Fact]
    public async Task PageClaimProcessor_settles_no_further_claim_after_it_is_canceled()
    {
        await engine.GrantUnsettledAsync(OtherPage, "merchant-b");
        await LeaveClaimAsync();
        engine.Clock.Advance(TimeSpan.FromMinutes(1));
        using var stopping = new CancellationTokenSource();
        var searches = 0;
        engine.Store.Before = method =>
        {
            if (method == nameof(IConnectionStore.FindMerchantsAsync))
            {
                searches++;
                stopping.Cancel();
            }

            return Task.CompletedTask;
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => engine.NewPageClaimProcessor(engine.Store).ProcessUnsettledAsync(stopping.Token));

        Assert.Equal(1, searches);
    }

    [Fact]
    public async Task Claims_that_always_fail_do_not_keep_newer_ones_from_being_settled()
    {
        const int Failing = 40;
        var processor = engine.NewPageClaimProcessor(engine.Store);
        for (var n = 0; n < Failing; n++)
        {
            await engine.GrantUnsettledAsync(new PageRef(Provider.Zalo, $"oa-{n}"), $"failing-{n}");
        }

        engine.Clock.Advance(TimeSpan.FromMinutes(1));
        await LeaveClaimAsync();
        engine.Store.Before = method => method == nameof(IConnectionStore.RegisterAsync) && ++attempts <= Failing
            ? throw new StoreUnavailableException("an outage of one page")
            : Task.CompletedTask;
        engine.Clock.Advance(TimeSpan.FromMinutes(1));

        await processor.ProcessUnsettledAsync(CancellationToken.None);

        Assert.Equal(State.Disconnected, await engine.StateAsync(First, Page));
        Assert.Equal(Failing, (await engine.ClaimsAsync()).Length);
    }

    [Fact]
    public async Task A_claim_that_fails_is_tried_again_after_delays_that_double_up_to_RetryAfter()
    {
        await LeaveClaimAsync();
        var processor = engine.NewPageClaimProcessor(engine.Store);
        engine.Store.Before = method => method == nameof(IConnectionStore.RegisterAsync) && ++attempts > 0
            ? throw new StoreUnavailableException("an outage")
            : Task.CompletedTask;
        var start = engine.Clock.GetUtcNow() + ClaimAge;
        var tried = new List<double>();
        while (engine.Clock.GetUtcNow() < start + TimeSpan.FromMinutes(4))
        {
            engine.Clock.Advance(TimeSpan.FromMilliseconds(500));
            var before = attempts;
            await processor.ProcessUnsettledAsync(CancellationToken.None);
            if (attempts > before)
            {
                tried.Add((engine.Clock.GetUtcNow() - start).TotalSeconds);
            }
        }

        Assert.Equal([0.5, 1, 2, 4, 8, 16, 32, 64, 64 + 60, 124 + 60], tried);
    }

    [Fact]
    public async Task Without_claims_the_store_is_asked_for_nothing_else()
    {
        var asked = 0;
        engine.Store.Before = _ =>
        {
            asked++;
            return Task.CompletedTask;
        };

        await engine.NewPageClaimProcessor(engine.Store).ProcessUnsettledAsync(CancellationToken.None);

        Assert.Equal(1, asked);
    }

    // Both merchants hold the page. The claim of the last one is stored but not settled, as after a crash.
    private async Task LeaveClaimAsync()
    {
        await engine.ConnectAsync(First, Page);
        engine.Clock.Advance(TimeSpan.FromSeconds(1));
        await engine.GrantUnsettledAsync(Page, Last);
        Assert.Equal((State.Connected, State.Connected), (await engine.StateAsync(First, Page), await engine.StateAsync(Last, Page)));
    }
}
