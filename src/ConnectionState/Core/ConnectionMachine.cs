using System.Collections.Frozen;
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
    // A Stateless machine costs about 17 KB and is not thread-safe. Its definition is read once into this table, which every decision uses.
    private static readonly FrozenDictionary<(State From, Trigger Trigger), TriggerResult> Table = BuildTable();

    /// <summary>Returns the effect of <paramref name="trigger"/> in the state <paramref name="from"/>.</summary>
    public static TriggerResult Fire(State from, Trigger trigger) =>
        Table.GetValueOrDefault((from, trigger), new TriggerResult(TriggerOutcome.NotPermitted, from));

    /// <summary>The triggers permitted in <paramref name="state"/>, including ignored repeats, in the order of <see cref="Trigger"/>.</summary>
    public static ImmutableArray<Trigger> Permitted(State state) =>
        [.. Enum.GetValues<Trigger>().Where(trigger => Table.ContainsKey((state, trigger)))];

    /// <summary>The definition as Stateless describes it, for diagrams.</summary>
    public static StateMachineInfo Describe()
    {
        var machine = new StateMachine<State, Trigger>(State.None);
        ConfigurePending(machine);
        ConfigureConnected(machine);
        ConfigureLost(machine);
        return machine.GetInfo();
    }

    private static FrozenDictionary<(State From, Trigger Trigger), TriggerResult> BuildTable()
    {
        var table = new Dictionary<(State From, Trigger Trigger), TriggerResult>();
        foreach (var state in Describe().States)
        {
            var from = (State)state.UnderlyingState;
            foreach (var transition in state.FixedTransitions)
            {
                var to = (State)transition.DestinationState.UnderlyingState;
                table.Add((from, (Trigger)transition.Trigger.UnderlyingTrigger), new TriggerResult(TriggerOutcome.Transition, to));
            }

            foreach (var ignored in state.IgnoredTriggers)
            {
                table.Add((from, (Trigger)ignored.Trigger.UnderlyingTrigger), new TriggerResult(TriggerOutcome.Ignored, from));
            }
        }

        return table.ToFrozenDictionary();
    }

    private static void ConfigurePending(StateMachine<State, Trigger> machine)
    {
        machine.Configure(State.None)
            .Permit(Trigger.Request, State.Pending);

        machine.Configure(State.Pending)
            .Ignore(Trigger.Request)
            .Permit(Trigger.Grant, State.Connected)
            .Permit(Trigger.Refuse, State.Refused)
            .Permit(Trigger.Revoke, State.Revoked)
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
            .Ignore(Trigger.Grant)
            .PermitReentry(Trigger.Renew)
            .Permit(Trigger.Expire, State.Expired)
            .Permit(Trigger.Revoke, State.Revoked)
            .Permit(Trigger.Delete, State.Deleted)
            .Permit(Trigger.Displace, State.Disconnected)
            .Permit(Trigger.Disconnect, State.Disconnected);

    private static void ConfigureLost(StateMachine<State, Trigger> machine)
    {
        machine.Configure(State.Expired)
            .Permit(Trigger.Request, State.Pending)
            .Permit(Trigger.Renew, State.Connected)
            .Ignore(Trigger.Expire)
            .Permit(Trigger.Revoke, State.Revoked)
            .Permit(Trigger.Delete, State.Deleted)
            .Permit(Trigger.Displace, State.Disconnected)
            .Permit(Trigger.Disconnect, State.Disconnected);

        machine.Configure(State.Revoked)
            .Permit(Trigger.Request, State.Pending)
            .Ignore(Trigger.Expire)
            .Ignore(Trigger.Revoke)
            .Permit(Trigger.Delete, State.Deleted)
            .Permit(Trigger.Displace, State.Disconnected)
            .Permit(Trigger.Disconnect, State.Disconnected);

        machine.Configure(State.Deleted)
            .Permit(Trigger.Request, State.Pending)
            .Ignore(Trigger.Expire)
            .Ignore(Trigger.Revoke)
            .Ignore(Trigger.Delete)
            .Ignore(Trigger.Displace)
            .Permit(Trigger.Disconnect, State.Disconnected);

        machine.Configure(State.Disconnected)
            .Permit(Trigger.Request, State.Pending)
            .Ignore(Trigger.Expire)
            .Ignore(Trigger.Revoke)
            .Ignore(Trigger.Delete)
            .Ignore(Trigger.Displace)
            .Ignore(Trigger.Disconnect);
    }
}
