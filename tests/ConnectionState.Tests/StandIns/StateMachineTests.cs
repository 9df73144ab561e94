using Stateless;

namespace ConnectionState.Tests.StandIns;

/// <summary>What the rules rely on in Stateless, whoever provides it.</summary>
public class StateMachineTests
{
    private enum Door
    {
        Open,
        Closed,
        Locked,
    }

    private enum Act
    {
        Push,
        Pull,
        Turn,
        Knock,
    }

    [Fact]
    public void A_permitted_trigger_leads_to_its_state()
    {
        var machine = Build(Door.Open);

        machine.Fire(Act.Push);

        Assert.Equal(Door.Closed, machine.State);
        Assert.True(machine.IsInState(Door.Closed));
    }

    [Fact]
    public void An_ignored_trigger_may_be_fired_and_changes_nothing()
    {
        var machine = Build(Door.Closed);
        var moves = 0;
        machine.OnTransitioned(_ => moves++);

        machine.Fire(Act.Push);

        Assert.Equal(Door.Closed, machine.State);
        Assert.Equal(0, moves);
        Assert.True(machine.CanFire(Act.Push));
    }

    [Fact]
    public void A_re_entry_is_a_transition_to_the_same_state()
    {
        var machine = Build(Door.Closed);
        var moves = new List<(Door, Door, bool)>();
        machine.OnTransitioned(move => moves.Add((move.Source, move.Destination, move.IsReentry)));

        machine.Fire(Act.Knock);

        Assert.Equal([(Door.Closed, Door.Closed, true)], moves);
    }

    [Fact]
    public void A_trigger_that_is_not_permitted_throws_and_leaves_the_state()
    {
        var machine = Build(Door.Locked);

        var exception = Assert.Throws<InvalidOperationException>(() => machine.Fire(Act.Pull));

        Assert.Contains("'Locked'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'Pull'", exception.Message, StringComparison.Ordinal);
        Assert.Equal(Door.Locked, machine.State);
        Assert.False(machine.CanFire(Act.Pull));
    }

    [Fact]
    public void An_action_may_take_the_place_of_that_exception()
    {
        var machine = Build(Door.Locked);
        (Door, Act)? seen = null;
        machine.OnUnhandledTrigger((state, trigger) => seen = (state, trigger));

        machine.Fire(Act.Pull);

        Assert.Equal((Door.Locked, Act.Pull), seen);
    }

    [Fact]
    public void What_is_permitted_is_what_may_be_fired()
    {
        foreach (var state in Enum.GetValues<Door>())
        {
            var machine = Build(state);

            Assert.Equal(Enum.GetValues<Act>().Where(machine.CanFire), machine.PermittedTriggers.Order());
            Assert.Equal(machine.PermittedTriggers, machine.GetPermittedTriggers());
        }
    }

    [Fact]
    public void A_guard_decides_and_is_named_in_the_refusal()
    {
        var hasKey = false;
        var machine = new StateMachine<Door, Act>(Door.Closed);
        machine.Configure(Door.Closed).PermitIf(Act.Turn, Door.Locked, () => hasKey, "has the key");

        var exception = Assert.Throws<InvalidOperationException>(() => machine.Fire(Act.Turn));
        hasKey = true;
        machine.Fire(Act.Turn);

        Assert.Contains("has the key", exception.Message, StringComparison.Ordinal);
        Assert.Equal(Door.Locked, machine.State);
    }

    [Fact]
    public void A_move_to_the_same_state_must_be_called_a_re_entry() =>
        Assert.Throws<ArgumentException>(() => new StateMachine<Door, Act>(Door.Open).Configure(Door.Open).Permit(Act.Pull, Door.Open));

    [Fact]
    public void A_trigger_fired_by_an_action_waits_for_its_turn()
    {
        var machine = new StateMachine<Door, Act>(Door.Open);
        var order = new List<string>();
        machine.Configure(Door.Open).Permit(Act.Push, Door.Closed).OnExit(() => order.Add("leave open"));
        machine.Configure(Door.Closed).Permit(Act.Turn, Door.Locked).OnEntry(() =>
        {
            machine.Fire(Act.Turn);
            order.Add("enter closed");
        });
        machine.Configure(Door.Locked).OnEntry(() => order.Add("enter locked"));

        machine.Fire(Act.Push);

        Assert.Equal(["leave open", "enter closed", "enter locked"], order);
        Assert.Equal(Door.Locked, machine.State);
    }

    [Fact]
    public void The_table_can_be_read_back()
    {
        var info = Build(Door.Open).GetInfo();

        var moves = from state in info.States
                    from move in state.FixedTransitions
                    select $"{state.UnderlyingState} {move.Trigger.UnderlyingTrigger} {move.DestinationState.UnderlyingState}";
        var ignored = from state in info.States
                      from trigger in state.IgnoredTriggers
                      select $"{state.UnderlyingState} {trigger.Trigger.UnderlyingTrigger}";
        Assert.Equal(
            ["Closed Knock Closed", "Closed Pull Open", "Closed Turn Locked", "Locked Turn Closed", "Open Push Closed"],
            moves.Order());
        Assert.Equal(["Closed Push"], ignored);
        Assert.Equal(Door.Open, info.InitialState.UnderlyingState);
    }

    private static StateMachine<Door, Act> Build(Door from)
    {
        var machine = new StateMachine<Door, Act>(from);
        machine.Configure(Door.Open)
            .Permit(Act.Push, Door.Closed);
        machine.Configure(Door.Closed)
            .Permit(Act.Pull, Door.Open)
            .Permit(Act.Turn, Door.Locked)
            .PermitReentry(Act.Knock)
            .Ignore(Act.Push);
        machine.Configure(Door.Locked)
            .Permit(Act.Turn, Door.Closed);
        return machine;
    }
}
