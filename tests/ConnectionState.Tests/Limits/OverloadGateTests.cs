using ConnectionStateService.Limits;
using ConnectionStateService.Merchants;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Limits;

public sealed class OverloadGateTests
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(2);

    private readonly FakeTimeProvider clock = new();
    private readonly CommitLatency commits = new();

    [Fact]
    public void Calls_are_refused_when_all_commits_of_a_second_were_slow()
    {
        var gate = New();
        Enter(gate, OverloadGate.MinCount);
        Commit(Slow);
        Commit(Slow);
        Assert.True(gate.TryEnter());

        clock.Advance(OverloadGate.Window);

        Assert.False(gate.TryEnter());
    }

    [Fact]
    public void A_slow_commit_among_fast_ones_is_no_overload()
    {
        var gate = New();
        Enter(gate, 1_000);
        Commit(Slow);
        Commit(Fast);
        Commit(Slow);

        clock.Advance(OverloadGate.Window);

        Assert.True(gate.TryEnter());
    }

    [Fact]
    public void Calls_are_refused_when_the_store_answers_nothing_for_a_second()
    {
        var gate = New();
        commits.Begin();
        clock.Advance(OverloadGate.Window);
        Enter(gate, 1_000);

        clock.Advance(OverloadGate.Window);

        Assert.False(gate.TryEnter());
    }

    [Fact]
    public void A_service_without_commits_is_not_overloaded()
    {
        var gate = New();
        for (var window = 0; window < 3; window++)
        {
            clock.Advance(OverloadGate.Window);
            Enter(gate, 1_000);
        }
    }

    [Fact]
    public void A_burst_after_a_quiet_time_is_accepted()
    {
        var gate = New();
        clock.Advance(TimeSpan.FromHours(1));
        commits.Begin();

        Enter(gate, 1_000);
    }

    [Fact]
    public void Some_calls_are_accepted_in_an_overload_and_end_it()
    {
        var gate = New();
        commits.Begin();
        clock.Advance(OverloadGate.Window);
        Enter(gate, OverloadGate.MinCount);
        clock.Advance(OverloadGate.Window);
        Assert.False(gate.TryEnter());

        gate.Leave();
        Assert.True(gate.TryEnter());
        Assert.False(gate.TryEnter());

        commits.End(Fast);
        clock.Advance(OverloadGate.Window);
        Enter(gate, 1_000);
    }

    [Fact]
    public void More_calls_than_allowed_are_refused()
    {
        var gate = New(maxCount: 150);
        Enter(gate, 150);

        Assert.False(gate.TryEnter());

        gate.Leave();
        Assert.True(gate.TryEnter());
        Assert.False(gate.TryEnter());
    }

    [Fact]
    public void Zero_is_no_limit()
    {
        var gate = new OverloadGate(0, TimeSpan.Zero, commits, clock);
        commits.Begin();
        clock.Advance(OverloadGate.Window);
        Enter(gate, 20_000);
        clock.Advance(OverloadGate.Window);
        Commit(Slow);

        Assert.True(gate.TryEnter());
    }

    private static void Enter(OverloadGate gate, int calls) => Assert.All(Enumerable.Range(0, calls), _ => Assert.True(gate.TryEnter()));

    private OverloadGate New(int maxCount = 10_000) => new(maxCount, TimeSpan.FromSeconds(1), commits, clock);

    private void Commit(TimeSpan duration)
    {
        commits.Begin();
        commits.End(duration);
    }
}
