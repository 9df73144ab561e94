using System.Collections.Immutable;
using Stateless;
using Stateless.Reflection;

namespace ConnectionStateService.Core;

/// <summary>The effect of a trigger on a connection.</summary>
public enum TriggerOutcome
{
    /// <summary>The connection makes a transition, possibly back into its current state.</summary>
    Transition,

    /// <summary>The trigger repeats what already happened; the connection does not change.</summary>
    Ignored,

    /// <summary>The trigger is not permitted in the current state.</summary>
    NotPermitted,
}

/// <summary>The effect of a trigger in a given state.</summary>
/// <param name="Outcome">Whether the connection makes a transition.</param>
/// <param name="To">The state afterwards. The current state unless <paramref name="Outcome"/> is a transition.</param>
public readonly record struct TriggerResult(TriggerOutcome Outcome, State To);

/// <summary>The state machine of a connection.</summary>
public static class ConnectionMachine
{
    private static readonly State[] States = Enum.GetValues<State>();
    private static readonly Trigger[] Triggers = Enum.GetValues<Trigger>();

    // A Stateless machine costs about 17 KB and is not thread-safe. Every trigger is fired once, and every decision uses the table of results.
    private static readonly TriggerResult[] Table = BuildTable();

    /// <summary>Returns the effect of <paramref name="trigger"/> in the state <paramref name="from"/>.</summary>
    /// <param name="from">The current state.</param>
    /// <param name="isListed">Whether the connection is in the page list. It matters in Deleted and Disconnected only.</param>
    /// <param name="trigger">What happened.</param>
    public static TriggerResult Fire(State from, bool isListed, Trigger trigger) =>
        Table[IndexOf(from, isListed, trigger)];

    /// <summary>The triggers permitted in <paramref name="state"/>, including ignored repeats, in the order of <see cref="Trigger"/>.</summary>
    public static ImmutableArray<Trigger> Permitted(State state, bool isListed) =>
        [.. Triggers.Where(trigger => Fire(state, isListed, trigger).Outcome is not TriggerOutcome.NotPermitted)];

    /// <summary>The definition as Stateless describes it, for diagrams.</summary>
    public static StateMachineInfo Describe() => Build(State.None, isListed: false).GetInfo();

    /// <summary>Fires the trigger on a new Stateless machine. Slow: every result is in the table.</summary>
    internal static TriggerResult FireMachine(State from, bool isListed, Trigger trigger)
    {
        var machine = Build(from, isListed);
        if (!machine.CanFire(trigger))
        {
            return new TriggerResult(TriggerOutcome.NotPermitted, from);
        }

        var outcome = TriggerOutcome.Ignored;
        machine.OnTransitioned(_ => outcome = TriggerOutcome.Transition);
        machine.Fire(trigger);
        return new TriggerResult(outcome, machine.State);
    }

    private static TriggerResult[] BuildTable()
    {
        var table = new TriggerResult[IndexOf(States[^1], true, Triggers[^1]) + 1];
        foreach (var from in States)
        {
            foreach (var trigger in Triggers)
            {
                table[IndexOf(from, true, trigger)] = FireMachine(from, true, trigger);
                table[IndexOf(from, false, trigger)] = FireMachine(from, false, trigger);
            }
        }

        return table;
    }

    // The numbers of states and triggers are small and dense. Enum.GetValues returns them in ascending order.
    private static int IndexOf(State from, bool isListed, Trigger trigger) =>
        ((((int)from * 2) + (isListed ? 1 : 0)) * ((int)Triggers[^1] + 1)) + (int)trigger;

    private static StateMachine<State, Trigger> Build(State from, bool isListed)
    {
        var machine = new StateMachine<State, Trigger>(from);
        ConfigurePending(machine);
        ConfigureConnected(machine);
        ConfigureRenewable(machine);
        ConfigureGone(machine, () => isListed, () => !isListed);
        return machine;
    }

    private static void ConfigurePending(StateMachine<State, Trigger> machine)
    {
        machine.Configure(State.None)
            .Permit(Trigger.Request, State.Pending);

        machine.Configure(State.Pending)
            .Ignore(Trigger.Request)
            .Permit(Trigger.Grant, State.Connected)
            .Permit(Trigger.Refuse, State.Refused)
            .Permit(Trigger.Delete, State.Deleted)
            .Permit(Trigger.Displace, State.Disconnected)
            .Permit(Trigger.Disconnect, State.Disconnected);

        machine.Configure(State.Refused)
            .Permit(Trigger.Request, State.Pending)
            .Ignore(Trigger.Refuse)
            .Ignore(Trigger.Delete)
            .Ignore(Trigger.Disconnect);
    }

    private static void ConfigureConnected(StateMachine<State, Trigger> machine) =>
        machine.Configure(State.Connected)
            .Ignore(Trigger.Request)
            .PermitReentry(Trigger.Grant)
            .Ignore(Trigger.Refuse)
            .PermitReentry(Trigger.Renew)
            .Ignore(Trigger.Restore)
            .Permit(Trigger.Expire, State.Expired)
            .Permit(Trigger.Revoke, State.Revoked)
            .Permit(Trigger.Delete, State.Deleted)
            .Permit(Trigger.Displace, State.Disconnected)
            .Permit(Trigger.Disconnect, State.Disconnected);

    // Lost, but a renewal brings the page back.
    private static void ConfigureRenewable(StateMachine<State, Trigger> machine)
    {
        machine.Configure(State.Expired)
            .Ignore(Trigger.Request)
            .Permit(Trigger.Grant, State.Connected)
            .Ignore(Trigger.Refuse)
            .Permit(Trigger.Renew, State.Connected)
            .Permit(Trigger.Restore, State.Connected)
            .Ignore(Trigger.Expire)
            .Permit(Trigger.Revoke, State.Revoked)
            .Permit(Trigger.Delete, State.Deleted)
            .Permit(Trigger.Displace, State.Disconnected)
            .Permit(Trigger.Disconnect, State.Disconnected);

        machine.Configure(State.Revoked)
            .Ignore(Trigger.Request)
            .Permit(Trigger.Grant, State.Connected)
            .Ignore(Trigger.Refuse)
            .Permit(Trigger.Renew, State.Connected)
            .Permit(Trigger.Restore, State.Connected)
            .Ignore(Trigger.Expire)
            .Ignore(Trigger.Revoke)
            .Permit(Trigger.Delete, State.Deleted)
            .Permit(Trigger.Displace, State.Disconnected)
            .Permit(Trigger.Disconnect, State.Disconnected);
    }

    // While the page is listed, a grant brings it back in its place. After it has left the list, it is requested like a new page.
    private static void ConfigureGone(StateMachine<State, Trigger> machine, Func<bool> listed, Func<bool> notListed)
    {
        machine.Configure(State.Deleted)
            .IgnoreIf(Trigger.Request, listed, "listed")
            .PermitIf(Trigger.Request, State.Pending, notListed, "not listed")
            .PermitIf(Trigger.Grant, State.Connected, listed, "listed")
            .Ignore(Trigger.Refuse)
            .PermitIf(Trigger.Restore, State.Connected, listed, "listed")
            .Ignore(Trigger.Expire)
            .Ignore(Trigger.Revoke)
            .Ignore(Trigger.Delete)
            .Ignore(Trigger.Displace)
            .PermitIf(Trigger.Disconnect, State.Disconnected, listed, "listed")
            .IgnoreIf(Trigger.Disconnect, notListed, "not listed");

        machine.Configure(State.Disconnected)
            .IgnoreIf(Trigger.Request, listed, "listed")
            .PermitIf(Trigger.Request, State.Pending, notListed, "not listed")
            .PermitIf(Trigger.Grant, State.Connected, listed, "listed")
            .Ignore(Trigger.Refuse)
            .Ignore(Trigger.Expire)
            .Ignore(Trigger.Revoke)
            .Ignore(Trigger.Delete)
            .Ignore(Trigger.Displace)
            .PermitReentryIf(Trigger.Disconnect, listed, "listed")
            .IgnoreIf(Trigger.Disconnect, notListed, "not listed");
    }
}
