using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Timers;

namespace ConnectionStateService.Tests.Timers;

/// <summary>One holder per page (R16): claims that were left unsettled are settled by the timer.</summary>
public sealed class ClaimTests : IAsyncLifetime
{
    private const string First = "merchant-a";
    private const string Last = "merchant-z";
    private static readonly TimeSpan ClaimAge = TimeSpan.FromSeconds(2);
    private static readonly PageRef Page = StoreSamples.Page;
    private static readonly PageRef OtherPage = new(Provider.Zalo, "oa-1");

    private Engine engine = null!;

    public async Task InitializeAsync() =>
        engine = await Engine.StartAsync(new StoreOptions { CommitAttempts = 3 }, new TimerOptions { ClaimAge = ClaimAge });

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task A_claim_left_by_a_crash_is_settled_by_the_sweep()
    {
        await LeaveClaimAsync();

        await engine.SweepAfterAsync(ClaimAge + TimeSpan.FromMilliseconds(1));

        Assert.Equal((State.Disconnected, State.Connected), (await engine.StateAsync(First, Page), await engine.StateAsync(Last, Page)));
        Assert.Empty(await engine.ClaimsAsync());
    }

    [Fact]
    public async Task A_claim_is_left_to_its_request_until_it_is_old_enough()
    {
        await LeaveClaimAsync();

        await engine.SweepAfterAsync(ClaimAge);

        Assert.Single(await engine.ClaimsAsync());
        Assert.Equal(State.Connected, await engine.StateAsync(First, Page));
    }

    [Fact]
    public async Task A_claim_is_settled_once_however_often_it_is_tried()
    {
        await LeaveClaimAsync();
        var claim = Assert.Single(await engine.ClaimsAsync());
        await engine.SweepAfterAsync(TimeSpan.FromMinutes(1));

        await engine.Claims.TrySettleAsync(claim, engine.Merchants, CancellationToken.None);
        await engine.ProcessDueAsync();

        Assert.Equal(1, await engine.CountAsync(First, Trigger.Displace));
        Assert.Equal(0, await engine.CountAsync(Last, Trigger.Displace));
    }

    [Fact]
    public async Task A_claim_stays_when_others_kept_changing_the_merchant_that_must_yield()
    {
        await LeaveClaimAsync();
        var busy = new InterceptedStore(engine.Store)
        {
            Before = method => method == nameof(IConnectionStore.CommitAsync)
                ? engine.HandleAsync(First, new Command.BeginConnect(Engine.Origin, $"{Guid.NewGuid():N}", Provider.Zalo, null))
                : Task.CompletedTask,
        };
        engine.Clock.Advance(TimeSpan.FromMinutes(1));

        await engine.NewSweeper(busy).ProcessDueAsync(CancellationToken.None);
        Assert.Single(await engine.ClaimsAsync());

        await engine.ProcessDueAsync();
        Assert.Empty(await engine.ClaimsAsync());
        Assert.Equal(State.Disconnected, await engine.StateAsync(First, Page));
    }

    [Fact]
    public async Task A_claim_does_not_wait_for_a_merchant_whose_record_cannot_be_read()
    {
        await engine.ConnectAsync("merchant-b", Page);
        engine.Clock.Advance(TimeSpan.FromSeconds(1));
        await LeaveClaimAsync();
        engine.MakeUnreadable("merchant-b");
        using var unreadable = new CounterReading(engine.Meters, "connectionstate.records.unreadable");

        await engine.SweepAfterAsync(TimeSpan.FromMinutes(1));

        Assert.Empty(await engine.ClaimsAsync());
        Assert.Equal(State.Disconnected, await engine.StateAsync(First, Page));
        Assert.Equal(1, unreadable.Total);
    }

    [Fact]
    public async Task A_claim_that_fails_in_an_unforeseen_way_does_not_keep_the_timer_from_the_others()
    {
        await engine.GrantUnsettledAsync(OtherPage, "merchant-b");
        await LeaveClaimAsync();
        var settled = 0;
        engine.Store.Before = method => method == nameof(IConnectionStore.FindMerchantsAsync) && ++settled == 1
            ? throw new InvalidOperationException("nobody thought of this")
            : Task.CompletedTask;

        await engine.SweepAfterAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(["merchant-b"], (await engine.ClaimsAsync()).Select(c => c.MerchantId));
        Assert.Equal(State.Disconnected, await engine.StateAsync(First, Page));
    }

    // Both have the page; the claim of the last is stored with its grant and nobody has settled it, as after a crash.
    private async Task LeaveClaimAsync()
    {
        await engine.ConnectAsync(First, Page);
        engine.Clock.Advance(TimeSpan.FromSeconds(1));
        await engine.GrantUnsettledAsync(Page, Last);
        Assert.Equal((State.Connected, State.Connected), (await engine.StateAsync(First, Page), await engine.StateAsync(Last, Page)));
    }
}
