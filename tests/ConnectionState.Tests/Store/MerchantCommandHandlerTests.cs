using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>Reading, deciding and committing, while others commit in between and answers are lost.</summary>
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
    public async Task A_command_is_decided_anew_on_what_others_left()
    {
        await engine.ConnectAsync(M, new PageRef(Provider.Facebook, "page-a"));
        await engine.ConnectAsync(M, new PageRef(Provider.Facebook, "page-b"));
        var (ours, others) = (await engine.OfferAsync(M, C), await engine.OfferAsync(M, D));
        SneakIn(1, () => engine.HandleAsync(M, new Command.ChoosePage(Engine.Origin, others, D.PageId)));

        var decision = await engine.HandleAsync(M, new Command.ChoosePage(Engine.Origin, ours, C.PageId));

        Assert.Equal(new Decision.Refused(new Fault.PageQuotaExceeded(3, 3)), decision);
        Assert.Equal(State.Pending, await engine.StateAsync(M, D));
        Assert.Null(await engine.StateAsync(M, C));
    }

    [Fact]
    public async Task What_comes_later_is_not_taken_for_earlier_when_the_stores_time_is_known_a_little_late()
    {
        await engine.ConnectAsync(M, Page);
        var late = engine.Clock.GetUtcNow() - TimeSpan.FromMilliseconds(5);
        engine.Store.Time = () => late;

        var decision = await engine.HandleAsync(
            M, new Command.Report(Engine.Origin, Page, Signal.PageDeleted, DateTimeOffset.MaxValue, Code: null, Subcode: null));

        Assert.IsType<Decision.Changed>(decision);
        Assert.Equal(State.Deleted, await engine.StateAsync(M, Page));
        Assert.True((await engine.HistoryAsync(M))[^1].At > late);
    }

    [Fact]
    public async Task The_last_attempt_may_win()
    {
        using var lost = new CounterReading(engine.Meters, "connectionstate.commits.lost");
        SneakIn(Attempts - 1, BeginOneMoreAsync);

        var decision = await engine.HandleAsync(M, new Command.SetPlan(Engine.Origin, Plan.Standard, 7));

        var record = Assert.IsType<Decision.Changed>(decision).Record;
        Assert.Equal((Attempts, 7, Attempts - 1), (record.Revision, record.BoughtPages, record.Sessions.Length));
        Assert.Equal(RecordText.Of(record), RecordText.Of(await engine.ReadAsync(M)));
        Assert.Equal(Attempts - 1, lost.Total);
    }

    [Fact]
    public async Task After_that_many_attempts_the_command_is_refused_and_nothing_of_it_stored()
    {
        var others = 0;
        SneakIn(int.MaxValue, () =>
        {
            others++;
            return BeginOneMoreAsync();
        });

        var decision = await engine.HandleAsync(M, new Command.SetPlan(Engine.Origin, Plan.Standard, 7));

        Assert.Equal(new Decision.Refused(new Fault.ConcurrentChange(Attempts)), decision);
        Assert.Equal(Attempts, others);
        Assert.Equal(0, (await engine.ReadAsync(M)).BoughtPages);
    }

    [Fact]
    public async Task Each_commit_names_the_one_before_also_when_others_came_in_between()
    {
        SneakIn(3, BeginOneMoreAsync);
        await engine.HandleAsync(M, new Command.SetPlan(Engine.Origin, Plan.Standard, 7));

        var history = await engine.HistoryAsync(M);

        Assert.Equal([1, 2, 3, 4], history.Select(c => c.Revision));
        Assert.Equal([0, .. history[..^1].Select(c => c.Id)], history.Select(c => c.PreviousId));
        Assert.DoesNotContain(0UL, history.Select(c => c.Id));
    }

    [Fact]
    public async Task When_the_answer_of_a_commit_is_lost_a_repeat_with_the_same_request_id_is_applied_once()
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
    public async Task When_a_commit_did_not_reach_the_store_a_repeat_with_the_same_request_id_is_applied_once()
    {
        var grant = Engine.Grant(await engine.RequestAsync(M, Page), requestId: "request-1");
        FailBefore(nameof(IConnectionStore.CommitAsync));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => engine.HandleAsync(M, grant));

        Assert.IsType<Decision.Changed>(await engine.HandleAsync(M, grant));
        Assert.IsType<Decision.Repeated>(await engine.HandleAsync(M, grant));
        Assert.Equal(1, await engine.CountAsync(M, Trigger.Grant));
    }

    [Fact]
    public async Task Without_a_request_id_a_repeat_is_a_request_of_its_own()
    {
        LoseAnswerOf(nameof(IConnectionStore.CommitAsync));
        await Assert.ThrowsAsync<StoreUnavailableException>(BeginOneMoreAsync);

        await BeginOneMoreAsync();

        Assert.Equal(2, (await engine.ReadAsync(M)).Sessions.Length);
    }

    [Fact]
    public async Task A_grant_takes_the_page_from_others_and_settles_its_claim_before_it_answers()
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
    public async Task A_grant_whose_claim_cannot_be_settled_is_granted_and_its_claim_stays(string method)
    {
        var session = await engine.RequestAsync(M, Page);
        FailBefore(method);

        Assert.IsType<Decision.Changed>(await engine.HandleAsync(M, Engine.Grant(session)));

        Assert.Equal([new Claim(M, Page, engine.Clock.GetUtcNow())], await engine.ClaimsAsync());
    }

    [Fact]
    public async Task When_the_answer_of_a_grant_is_lost_its_claim_stays_for_the_timer()
    {
        await engine.ConnectAsync("merchant-2", Page);
        engine.Clock.Advance(TimeSpan.FromSeconds(1));
        var grant = Engine.Grant(await engine.RequestAsync(M, Page), requestId: "request-1");
        LoseAnswerOf(nameof(IConnectionStore.CommitAsync));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => engine.HandleAsync(M, grant));
        await engine.HandleAsync(M, grant);

        Assert.Single(await engine.ClaimsAsync());
        engine.Clock.Advance(TimeSpan.FromMinutes(1));
        await engine.ProcessDueAsync();

        Assert.Empty(await engine.ClaimsAsync());
        Assert.Equal(State.Disconnected, await engine.StateAsync("merchant-2", Page));
    }

    // Before each of our commits, as often as said, another one is made; those themselves are let through.
    private void SneakIn(int times, Func<Task> commit)
    {
        var sneaking = false;
        engine.Store.Before = async method =>
        {
            if (method == nameof(IConnectionStore.CommitAsync) && !sneaking && times-- > 0)
            {
                sneaking = true;
                await commit();
                sneaking = false;
            }
        };
    }

    private Task BeginOneMoreAsync() =>
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
