using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace ConnectionStateService.Tests.Merchants;

/// <summary>Commands of one merchant in one process.</summary>
public sealed class MerchantQueueTests : IAsyncLifetime
{
    private const string M = "merchant-1";
    private const int Limit = 40;
    private static readonly TimeSpan HangBound = TimeSpan.FromSeconds(30);

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
        using var conflicts = engine.Collect("connectionstate.commits.conflicts");

        var decisions = await Task.WhenAll(Enumerable.Range(1, Limit).Select(n => Task.Run(() => SetPlanAsync(n))));

        Assert.All(decisions, decision => Assert.IsType<Decision.Changed>(decision));
        Assert.Equal(Limit, (await engine.ReadAsync(M)).Revision);
        Assert.Empty(conflicts.GetMeasurementSnapshot());
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
        var decisions = await Task.WhenAll(commands).WaitAsync(HangBound);
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
        Assert.IsType<Decision.Changed>(await first.WaitAsync(HangBound));
        Assert.IsType<Decision.Unchanged>(await second.WaitAsync(HangBound));
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

        await Assert.ThrowsAsync<StoreUnavailableException>(() => first.WaitAsync(HangBound));
        Assert.IsType<Decision.Changed>(await second.WaitAsync(HangBound));
        Assert.IsType<Decision.Changed>(await third.WaitAsync(HangBound));
        Assert.Equal(2, (await engine.ReadAsync(M)).Revision);
    }

    [Fact]
    public async Task Commands_behind_a_conflict_with_another_process_are_decided_again_on_what_that_process_stored()
    {
        using var conflicts = engine.Collect("connectionstate.commits.conflicts");
        var isFirst = true;
        engine.Store.Before = async method =>
        {
            if (isFirst && method == nameof(IConnectionStore.CommitAsync))
            {
                isFirst = false;
                await engine.HandleAsync(M, Plan(100));
            }
        };

        var decisions = await Task.WhenAll(Enumerable.Range(1, 10).Select(SetPlanAsync)).WaitAsync(HangBound);

        Assert.All(decisions, decision => Assert.IsType<Decision.Changed>(decision));
        Assert.Equal(11, (await engine.ReadAsync(M)).Revision);
        Assert.InRange(conflicts.GetMeasurementSnapshot().EvaluateAsCounter(), 1, 10);
    }

    [Fact]
    public async Task Commands_beyond_the_limit_are_refused_and_change_nothing()
    {
        var answer = new TaskCompletionSource();
        engine.Store.Before = _ => answer.Task;
        var waiting = Enumerable.Range(1, Limit).Select(SetPlanAsync).ToList();

        var refused = await SetPlanAsync(100).WaitAsync(HangBound);
        var other = handler.HandleAsync("merchant-2", Plan(1), CancellationToken.None);
        answer.SetResult();

        Assert.Equal(new Decision.Refused(new Fault.MerchantBusy(Limit)), refused);
        Assert.IsType<Decision.Changed>(await other.WaitAsync(HangBound));
        Assert.All(await Task.WhenAll(waiting).WaitAsync(HangBound), decision => Assert.IsType<Decision.Changed>(decision));
        Assert.IsType<Decision.Changed>(await SetPlanAsync(100));
    }

    [Fact]
    public async Task A_cancelled_command_does_not_keep_its_place_in_the_queue()
    {
        var session = await engine.RequestAsync(M, StoreSamples.Page);
        var answer = new TaskCompletionSource();
        engine.Store.Before = method => method == nameof(IConnectionStore.ReadHoldAsync) ? answer.Task : Task.CompletedTask;
        using var cancellation = new CancellationTokenSource();
        var first = handler.HandleAsync(M, Engine.Grant(session), CancellationToken.None);
        var second = handler.HandleAsync(M, Plan(2), cancellation.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(HangBound));
        answer.SetResult();

        Assert.IsType<Decision.Changed>(await first.WaitAsync(HangBound));
        Assert.IsType<Decision.Changed>(await SetPlanAsync(3).WaitAsync(HangBound));
    }

    private Task<Decision> SetPlanAsync(int boughtPages) => handler.HandleAsync(M, Plan(boughtPages), CancellationToken.None);

    private static Command.SetPlan Plan(int boughtPages) => new Command.SetPlan(Engine.Origin, ConnectionStateService.Core.Plan.Standard, boughtPages);
}
