using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Merchants;

/// <summary>Commands under concurrent commits and lost answers.</summary>
public sealed class MerchantCommandHandlerTests : IAsyncLifetime
{
    private const string M = "merchant-1";
    private const int Attempts = 5;
    private static readonly PageRef Page = StoreSamples.Page;
    private static readonly PageRef C = new(Provider.Facebook, "page-c");
    private static readonly PageRef D = new(Provider.Facebook, "page-d");

    private Engine engine = null!;

    public async Task InitializeAsync() => engine = await Engine.StartAsync(new StoreOptions { CommitAttempts = Attempts });

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task After_a_conflict_a_command_is_decided_again_on_the_current_record()
    {
        await engine.ConnectAsync(M, new PageRef(Provider.Facebook, "page-a"));
        await engine.ConnectAsync(M, new PageRef(Provider.Facebook, "page-b"));
        var (ours, others) = (await engine.OfferAsync(M, C), await engine.OfferAsync(M, D));
        CommitInBetween(1, () => engine.HandleAsync(M, new Command.ChoosePage(Engine.Origin, others, D.PageId)));

        var decision = await engine.HandleAsync(M, new Command.ChoosePage(Engine.Origin, ours, C.PageId));

        var fault = Assert.IsType<Fault.PageQuotaExceeded>(Assert.IsType<Decision.Refused>(decision).Fault);
        Assert.Equal((3, 3, others), (fault.Used, fault.Limit, Assert.Single(fault.SessionIds)));
        Assert.Equal(State.Pending, await engine.StateAsync(M, D));
        Assert.Null(await engine.StateAsync(M, C));
    }

    [Fact]
    public async Task A_store_time_slightly_before_the_records_newest_time_does_not_make_a_signal_stale()
    {
        await engine.ConnectAsync(M, Page);
        var late = engine.Clock.GetUtcNow() - TimeSpan.FromMilliseconds(5);
        engine.Store.Time = () => late;

        var decision = await engine.HandleAsync(
            M, TestCommands.Report(Page, Signal.PageDeleted));

        Assert.IsType<Decision.Changed>(decision);
        Assert.Equal(State.Deleted, await engine.StateAsync(M, Page));
        Assert.True((await engine.HistoryAsync(M))[^1].At > late);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-59_999)]
    [InlineData(-60_001)]
    [InlineData(-86_400_000)]
    public async Task The_history_of_a_merchant_never_goes_back_in_time_even_if_the_clock_does(int milliseconds)
    {
        var now = engine.Clock.GetUtcNow();
        engine.Store.Time = () => now;
        await engine.ConnectAsync(M, Page);
        now += TimeSpan.FromMilliseconds(milliseconds);
        await engine.ConnectAsync(M, C);
        now += TimeSpan.FromMilliseconds(1);
        await engine.HandleAsync(M, new Command.Disconnect(Engine.Origin, C));

        var times = (await engine.HistoryAsync(M)).Select(c => c.At).ToList();

        Assert.Equal(times.Order(), times);
        Assert.Equal(times[^1], (await engine.ReadAsync(M)).ChangedAt);
    }

    [Fact]
    public async Task After_a_large_step_back_of_the_clock_deadlines_follow_the_clock()
    {
        var now = engine.Clock.GetUtcNow();
        engine.Store.Time = () => now;
        await engine.ConnectAsync(M, Page);
        now -= TimeSpan.FromDays(1);

        await engine.OfferAsync(M, C);

        var session = Assert.Single((await engine.ReadAsync(M)).Sessions, s => s.IsOpen);
        Assert.True(session.Deadline <= now + new Rules().SessionLength);
    }

    [Fact]
    public async Task The_last_attempt_can_succeed()
    {
        using var commits = engine.Collect("connectionstate.commits");
        CommitInBetween(Attempts - 1, BeginAnotherSessionAsync);

        var decision = await engine.HandleAsync(M, new Command.SetPlan(Engine.Origin, Plan.Standard, 7));

        var record = Assert.IsType<Decision.Changed>(decision).Record;
        Assert.Equal((Attempts, 7, Attempts - 1), (record.Revision, record.BoughtPages, record.Sessions.Length));
        Assert.Equal(RecordText.Of(record), RecordText.Of(await engine.ReadAsync(M)));
        Assert.Equal(Attempts - 1, commits.Conflicts());
    }

    [Fact]
    public async Task After_the_last_attempt_a_command_fails_with_ConcurrentChange_and_stores_nothing()
    {
        var others = 0;
        CommitInBetween(int.MaxValue, () =>
        {
            others++;
            return BeginAnotherSessionAsync();
        });

        var decision = await engine.HandleAsync(M, new Command.SetPlan(Engine.Origin, Plan.Standard, 7));

        Assert.Equal(new Decision.Refused(new Fault.ConcurrentChange(Attempts)), decision);
        Assert.Equal(Attempts, others);
        Assert.Equal(0, (await engine.ReadAsync(M)).BoughtPages);
    }

    [Fact]
    public async Task Each_commit_has_the_id_of_the_previous_one_also_after_conflicts()
    {
        CommitInBetween(3, BeginAnotherSessionAsync);
        await engine.HandleAsync(M, new Command.SetPlan(Engine.Origin, Plan.Standard, 7));

        var history = await engine.HistoryAsync(M);

        Assert.Equal([1, 2, 3, 4], history.Select(c => c.Revision));
        Assert.Equal([0, .. history[..^1].Select(c => c.Id)], history.Select(c => c.PreviousId));
        Assert.DoesNotContain(0UL, history.Select(c => c.Id));
    }

    [Fact]
    public async Task A_retry_with_the_same_request_id_is_applied_once_if_the_answer_of_the_commit_was_lost()
    {
        var grant = Engine.Grant(await engine.RequestAsync(M, Page), requestId: "request-1");
        LoseAnswerOf(nameof(IConnectionStore.CommitAsync));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => engine.HandleAsync(M, grant));
        var applied = (await engine.ReadAsync(M)).Revision;

        var decision = await engine.HandleAsync(M, grant);

        Assert.Equal(applied, Assert.IsType<Decision.Repeated>(decision).Request.Revision);
        Assert.Equal(applied, (await engine.ReadAsync(M)).Revision);
        Assert.Equal(1, await engine.CountAsync(M, Trigger.Grant));
    }

    [Fact]
    public async Task A_retry_with_the_same_request_id_is_applied_once_if_the_commit_did_not_reach_the_store()
    {
        var grant = Engine.Grant(await engine.RequestAsync(M, Page), requestId: "request-1");
        FailBefore(nameof(IConnectionStore.CommitAsync));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => engine.HandleAsync(M, grant));

        Assert.IsType<Decision.Changed>(await engine.HandleAsync(M, grant));
        Assert.IsType<Decision.Repeated>(await engine.HandleAsync(M, grant));
        Assert.Equal(1, await engine.CountAsync(M, Trigger.Grant));
    }

    [Fact]
    public async Task A_retry_without_a_request_id_is_applied_again()
    {
        LoseAnswerOf(nameof(IConnectionStore.CommitAsync));
        await Assert.ThrowsAsync<StoreUnavailableException>(BeginAnotherSessionAsync);

        await BeginAnotherSessionAsync();

        Assert.Equal(2, (await engine.ReadAsync(M)).Sessions.Length);
    }

    [Fact]
    public async Task A_grant_takes_the_page_from_other_merchants_before_it_completes()
    {
        await engine.ConnectAsync("merchant-2", Page);
        engine.Clock.Advance(TimeSpan.FromSeconds(1));

        await engine.ConnectAsync(M, Page);

        Assert.Equal(State.Disconnected, await engine.StateAsync("merchant-2", Page));
        Assert.Empty(await engine.ClaimsAsync());
    }

    [Theory]
    [InlineData(nameof(IConnectionStore.FindMerchantsAsync))]
    [InlineData(nameof(IConnectionStore.RemoveClaimAsync))]
    public async Task A_grant_succeeds_and_keeps_its_claim_if_the_claim_cannot_be_settled(string method)
    {
        var session = await engine.RequestAsync(M, Page);
        FailBefore(method);

        Assert.IsType<Decision.Changed>(await engine.HandleAsync(M, Engine.Grant(session)));

        Assert.Equal([new Claim(M, Page, engine.Clock.GetUtcNow())], await engine.ClaimsAsync());
    }

    [Theory]
    [InlineData(nameof(IConnectionStore.CommitAsync))]
    [InlineData(nameof(IConnectionStore.RegisterAsync))]
    public async Task A_retry_of_a_grant_whose_answer_was_lost_settles_its_claim(string lost)
    {
        await engine.ConnectAsync("merchant-2", Page);
        var grant = Engine.Grant(await engine.RequestAsync(M, Page), requestId: "request-1");
        LoseAnswerOf(lost);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => engine.HandleAsync(M, grant));
        Assert.Single(await engine.ClaimsAsync());

        var decision = await engine.HandleAsync(M, grant);

        Assert.Equal(State.Connected, Assert.IsType<Decision.Repeated>(decision).Record.Find(Page)!.State);
        Assert.Equal(State.Disconnected, await engine.StateAsync("merchant-2", Page));
        Assert.Empty(await engine.ClaimsAsync());
    }

    [Fact]
    public async Task The_timer_settles_the_claim_of_a_grant_whose_answer_was_lost()
    {
        await engine.ConnectAsync("merchant-2", Page);
        engine.Clock.Advance(TimeSpan.FromSeconds(1));
        var grant = Engine.Grant(await engine.RequestAsync(M, Page), requestId: "request-1");
        LoseAnswerOf(nameof(IConnectionStore.CommitAsync));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => engine.HandleAsync(M, grant));

        Assert.Single(await engine.ClaimsAsync());
        engine.Clock.Advance(TimeSpan.FromMinutes(1));
        await engine.ProcessDueAsync();

        Assert.Empty(await engine.ClaimsAsync());
        Assert.Equal(State.Disconnected, await engine.StateAsync("merchant-2", Page));
    }

    // Makes another commit before each commit under test, a number of times.
    private void CommitInBetween(int times, Func<Task> commit)
    {
        var isNested = false;
        engine.Store.Before = async method =>
        {
            if (method == nameof(IConnectionStore.CommitAsync) && !isNested && times-- > 0)
            {
                isNested = true;
                await commit();
                isNested = false;
            }
        };
    }

    private Task BeginAnotherSessionAsync() =>
        engine.HandleAsync(M, new Command.BeginConnect(Engine.Origin, $"session-{Guid.NewGuid():N}", Provider.Facebook, null));

    private void FailBefore(string method) => engine.Store.Before = Once(method, () => engine.Store.Before = _ => Task.CompletedTask);

    private void LoseAnswerOf(string method) => engine.Store.After = Once(method, () => engine.Store.After = _ => Task.CompletedTask);

    private static Func<string, Task> Once(string awaited, Action end) => method =>
    {
        if (method != awaited)
        {
            return Task.CompletedTask;
        }

        end();
        throw new StoreUnavailableException("an outage");
    };
}
