using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Merchants;

/// <summary>Commands of one merchant in one process.</summary>
public sealed class MerchantQueueTests : IAsyncLifetime
{
    private const string M = "merchant-1";
    private const int Limit = 40;

    private Engine engine = null!;
    private MerchantCommandHandler handler = null!;

    public async Task InitializeAsync()
    {
        engine = await Engine.StartAsync(new StoreOptions { QueuedCommands = Limit, CommitAttempts = 3 });
        handler = engine.NewHandler(engine.Store);
    }

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task Commands_of_one_merchant_do_not_conflict_with_each_other()
    {
        using var commits = engine.Collect("connectionstate.commits");

        var decisions = await Task.WhenAll(Enumerable.Range(1, Limit).Select(n => Task.Run(() => SetPlanAsync(n))));

        Assert.All(decisions, decision => Assert.IsType<Decision.Changed>(decision));
        Assert.Equal(Limit, (await engine.ReadAsync(M)).Revision);
        Assert.Equal(0, commits.Conflicts());
    }

    [Fact]
    public async Task Commits_of_one_merchant_are_sent_to_the_store_without_waiting_for_each_other_up_to_sixteen()
    {
        var answer = new TaskCompletionSource();
        var sent = 0;
        engine.Store.Before = method =>
        {
            sent += method == nameof(IConnectionStore.CommitAsync) ? 1 : 0;
            return Task.CompletedTask;
        };
        engine.Store.After = method => method == nameof(IConnectionStore.CommitAsync) ? answer.Task : Task.CompletedTask;

        var commands = Enumerable.Range(1, 20).Select(SetPlanAsync).ToList();
        await Eventually.TrueAsync(async () => (await engine.ReadAsync(M)).Revision == 16);
        Assert.Equal(16, sent);
        Assert.DoesNotContain(commands, command => command.IsCompleted);

        answer.SetResult();
        var decisions = await Task.WhenAll(commands).WaitAsync(Eventually.Patience);
        Assert.Equal(Enumerable.Range(1, 20), decisions.Select(d => (int)Assert.IsType<Decision.Changed>(d).Record.Revision));
        Assert.Equal(20, sent);
    }

    [Fact]
    public async Task A_command_that_changes_nothing_is_not_answered_before_the_commit_that_it_is_decided_on()
    {
        var answer = new TaskCompletionSource();
        engine.Store.After = method => method == nameof(IConnectionStore.CommitAsync) ? answer.Task : Task.CompletedTask;

        var first = SetPlanAsync(7);
        var second = SetPlanAsync(7);
        Assert.False(second.IsCompleted);

        answer.SetResult();
        Assert.IsType<Decision.Changed>(await first.WaitAsync(Eventually.Patience));
        Assert.IsType<Decision.Unchanged>(await second.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task Commands_that_were_decided_on_a_commit_that_failed_are_decided_again()
    {
        var fails = new TaskCompletionSource();
        var isFirst = true;
        engine.Store.Before = method =>
        {
            var fail = isFirst && method == nameof(IConnectionStore.CommitAsync);
            isFirst &= !fail;
            return fail ? fails.Task : Task.CompletedTask;
        };

        var first = SetPlanAsync(7);
        var second = SetPlanAsync(7);
        var third = SetPlanAsync(8);
        fails.SetException(new StoreUnavailableException("an outage"));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => first.WaitAsync(Eventually.Patience));
        Assert.IsType<Decision.Changed>(await second.WaitAsync(Eventually.Patience));
        Assert.IsType<Decision.Changed>(await third.WaitAsync(Eventually.Patience));
        Assert.Equal(2, (await engine.ReadAsync(M)).Revision);
    }

    [Fact]
    public async Task Commands_behind_a_conflict_with_another_process_are_decided_again_on_what_that_process_stored()
    {
        using var commits = engine.Collect("connectionstate.commits");
        var isFirst = true;
        engine.Store.Before = async method =>
        {
            if (isFirst && method == nameof(IConnectionStore.CommitAsync))
            {
                isFirst = false;
                await engine.HandleAsync(M, Plan(100));
            }
        };

        var decisions = await Task.WhenAll(Enumerable.Range(1, 10).Select(SetPlanAsync)).WaitAsync(Eventually.Patience);

        Assert.All(decisions, decision => Assert.IsType<Decision.Changed>(decision));
        Assert.Equal(11, (await engine.ReadAsync(M)).Revision);
        Assert.InRange(commits.Conflicts(), 1, 10);
    }

    [Fact]
    public async Task Commands_beyond_the_limit_are_refused_and_change_nothing()
    {
        var answer = new TaskCompletionSource();
        engine.Store.Before = _ => answer.Task;
        var waiting = Enumerable.Range(1, Limit).Select(SetPlanAsync).ToList();

        var refused = await SetPlanAsync(100).WaitAsync(Eventually.Patience);
        var other = handler.HandleAsync("merchant-2", Plan(1), CancellationToken.None);
        answer.SetResult();

        Assert.Equal(new Decision.Refused(new Fault.MerchantBusy(Limit)), refused);
        Assert.IsType<Decision.Changed>(await other.WaitAsync(Eventually.Patience));
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Eventually.Patience), decision => Assert.IsType<Decision.Changed>(decision));
        Assert.IsType<Decision.Changed>(await SetPlanAsync(100));
    }

    [Fact]
    public async Task A_cancelled_command_does_not_keep_its_place_in_the_queue()
    {
        var answer = new TaskCompletionSource();
        engine.Store.After = method => method == nameof(IConnectionStore.CommitAsync) ? answer.Task : Task.CompletedTask;
        var waiting = Enumerable.Range(1, 17).Select(SetPlanAsync).ToList();
        using var cancellation = new CancellationTokenSource();
        var cancelled = handler.HandleAsync(M, Plan(18), cancellation.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Eventually.Patience));
        var last = SetPlanAsync(19);
        answer.SetResult();

        Assert.All(await Task.WhenAll(waiting).WaitAsync(Eventually.Patience), decision => Assert.IsType<Decision.Changed>(decision));
        Assert.Equal(18, Assert.IsType<Decision.Changed>(await last.WaitAsync(Eventually.Patience)).Record.Revision);
    }

    [Fact]
    public async Task A_commit_that_others_could_overtake_is_answered_before_the_next_one_is_sent()
    {
        using var commits = engine.Collect("connectionstate.commits");
        await SetPlanAsync(100);
        var answers = new Queue<TaskCompletionSource>();
        engine.Store.Order = request => request.Record.BoughtPages != 1;
        engine.Store.Before = method => method == nameof(IConnectionStore.CommitAsync) ? WaitAsync() : Task.CompletedTask;

        // The second commit waits for the first one, the third one does not wait for the second one.
        var commands = Enumerable.Range(1, 3).Select(SetPlanAsync).ToList();
        Assert.Single(answers);
        answers.Dequeue().SetResult();
        await commands[0].WaitAsync(Eventually.Patience);
        await Eventually.TrueAsync(() => Task.FromResult(answers.Count == 2));
        answers.Dequeue().SetResult();
        await commands[1].WaitAsync(Eventually.Patience);
        answers.Dequeue().SetResult();

        Assert.All(await Task.WhenAll(commands).WaitAsync(Eventually.Patience), decision => Assert.IsType<Decision.Changed>(decision));
        Assert.Equal(0, commits.Conflicts());

        Task WaitAsync()
        {
            answers.Enqueue(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            return answers.Last().Task;
        }
    }

    [Fact]
    public async Task A_command_that_waits_minutes_for_its_turn_is_decided_at_the_time_of_its_turn()
    {
        await SetPlanAsync(100);
        var answer = new TaskCompletionSource();
        engine.Store.After = method => method == nameof(IConnectionStore.CommitAsync) ? answer.Task : Task.CompletedTask;

        // So many are sent without an answer; the last one waits.
        var sent = Enumerable.Range(1, 16).Select(SetPlanAsync).ToList();
        var last = SetPlanAsync(17);

        engine.Clock.Advance(TimeSpan.FromMinutes(2));
        answer.SetResult();

        await Task.WhenAll(sent).WaitAsync(Eventually.Patience);
        var decided = Assert.IsType<Decision.Changed>(await last.WaitAsync(Eventually.Patience));
        Assert.Equal(StoreSamples.Time + TimeSpan.FromMinutes(2), decided.Record.ChangedAt);
    }

    [Fact]
    public async Task A_command_that_waits_for_the_clock_does_not_hold_up_those_behind_it()
    {
        await SetPlanAsync(100);
        var time = BlockFirst(nameof(IConnectionStore.GetTimeAsync));

        var first = SetPlanAsync(1);

        Assert.IsType<Decision.Changed>(await SetPlanAsync(2).WaitAsync(Eventually.Patience));
        Assert.False(first.IsCompleted);
        time.SetResult();
        Assert.IsType<Decision.Changed>(await first.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task A_grant_that_waits_for_the_register_does_not_hold_up_the_commands_behind_it()
    {
        var session = await engine.RequestAsync(M, StoreSamples.Page);
        var hold = BlockFirst(nameof(IConnectionStore.ReadHoldAsync));

        var grant = handler.HandleAsync(M, Engine.Grant(session), CancellationToken.None);

        Assert.IsType<Decision.Changed>(await SetPlanAsync(2).WaitAsync(Eventually.Patience));
        Assert.False(grant.IsCompleted);
        hold.SetResult();
        Assert.IsType<Decision.Changed>(await grant.WaitAsync(Eventually.Patience));
        Assert.Equal(State.Connected, await engine.StateAsync(M, StoreSamples.Page));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_grant_names_the_hold_that_it_follows_whether_the_register_was_read_before_its_turn_or_during_it(bool isReadBefore)
    {
        var page = StoreSamples.Page;
        await engine.ConnectAsync("other", page);
        var registered = (await engine.Store.ReadHoldAsync(page, CancellationToken.None))!.Value.HoldId;
        var session = isReadBefore ? await engine.RequestAsync(M, page) : await engine.OfferAsync(M, page);
        var (time, reads) = (new TaskCompletionSource(), 0);
        engine.Store.Before = method =>
        {
            reads += method == nameof(IConnectionStore.ReadHoldAsync) ? 1 : 0;
            return method == nameof(IConnectionStore.GetTimeAsync) ? time.Task : Task.CompletedTask;
        };

        // Its page is chosen before, or while it waits for the clock: the last thing before its turn.
        var granting = handler.HandleAsync(M, Engine.Grant(session), CancellationToken.None);
        Assert.Equal(isReadBefore ? 1 : 0, reads);
        engine.Store.Before = method =>
        {
            reads += method == nameof(IConnectionStore.ReadHoldAsync) ? 1 : 0;
            return Task.CompletedTask;
        };
        await handler.HandleAsync(M, new Command.ChoosePage(Engine.Origin, session, page.PageId), CancellationToken.None);
        time.SetResult();

        var decision = Assert.IsType<Decision.Changed>(await granting.WaitAsync(Eventually.Patience));
        Assert.Equal(registered, decision.Record.Find(page)!.PreviousHoldId);
    }

    [Theory]
    [InlineData(4, 40UL, 40UL)]
    [InlineData(3, 31UL, 30UL)]
    [InlineData(2, 20UL, 30UL)]
    public void A_late_answer_does_not_replace_a_newer_merchant(long revision, ulong commitId, ulong known)
    {
        using var queue = new MerchantQueue(M);
        queue.Learn(At(1, 10), knownWhenAsked: null);
        var whenAsked = queue.Known;
        queue.Learn(At(3, 30), whenAsked);

        queue.Learn(At(revision, commitId), whenAsked);

        Assert.Equal(known, queue.Known!.CommitId);
    }

    [Fact]
    public async Task The_answer_of_a_commit_does_not_replace_a_newer_merchant_that_was_learned_while_it_was_sent()
    {
        using var queue = new MerchantQueue(M);
        queue.Learn(At(1, 10), knownWhenAsked: null);
        await queue.TakeTurnAsync(CancellationToken.None);
        var knownWhenSent = queue.Known;
        queue.Learn(At(3, 30), knownWhenSent);
        queue.Add(At(2, 20), Task.FromResult(new CommitResult(true, At(2, 20))), knownWhenSent, follows: null, canBeFollowed: true);
        queue.EndTurn();

        await queue.TakeTurnAsync(CancellationToken.None);

        Assert.Equal(30UL, queue.Known!.CommitId);
    }

    [Fact]
    public void An_older_merchant_that_was_asked_for_afterwards_replaces_the_newer_one_because_the_store_lost_commits()
    {
        using var queue = new MerchantQueue(M);
        queue.Learn(At(3, 30), knownWhenAsked: null);

        queue.Learn(At(2, 21), queue.Known);

        Assert.Equal(21UL, queue.Known!.CommitId);
    }

    [Fact]
    public async Task A_late_read_does_not_make_the_next_commands_conflict()
    {
        using var commits = engine.Collect("connectionstate.commits");
        await SetPlanAsync(1);
        var (late, other, reads) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        engine.Store.After = method => method != nameof(IConnectionStore.ReadAsync) ? Task.CompletedTask
            : ++reads == 1 ? late.Task
            : other.Task;
        var unchanging = SetPlanAsync(1);
        Assert.IsType<Decision.Changed>(await SetPlanAsync(2).WaitAsync(Eventually.Patience));

        // Keeps the queue, and has taken in that the commit is stored.
        var keeping = SetPlanAsync(2);
        Assert.Equal(2, reads);
        late.SetResult();
        await unchanging.WaitAsync(Eventually.Patience);

        Assert.IsType<Decision.Changed>(await SetPlanAsync(3).WaitAsync(Eventually.Patience));
        Assert.Equal(0, commits.Conflicts());
        other.SetResult();
        await keeping.WaitAsync(Eventually.Patience);
    }

    private TaskCompletionSource BlockFirst(string method)
    {
        var (blocked, calls) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        engine.Store.Before = called => called == method && ++calls == 1 ? blocked.Task : Task.CompletedTask;
        return blocked;
    }

    private static StoredMerchant At(long revision, ulong commitId) => new(MerchantRecord.Unknown(M) with { Revision = revision }, commitId);

    private Task<Decision> SetPlanAsync(int boughtPages) => handler.HandleAsync(M, Plan(boughtPages), CancellationToken.None);

    private static Command.SetPlan Plan(int boughtPages) => new Command.SetPlan(Engine.Origin, ConnectionStateService.Core.Plan.Standard, boughtPages);
}
