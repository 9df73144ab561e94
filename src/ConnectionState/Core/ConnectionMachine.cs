using System.Collections.Immutable;
using Stateless;
using Stateless.Reflection;

namespace ConnectionStateService.Core;

/// <summary>What the machine makes of a trigger.</summary>
public enum MoveKind
{
    /// <summary>The connection moves, be it back into the state it is in.</summary>
    Transition,

    /// <summary>A repeat: the connection stays as it is.</summary>
    Ignored,

    /// <summary>The trigger means nothing in this state.</summary>
    NotPermitted,
}

/// <summary>The machine's answer to one trigger.</summary>
/// <param name="Kind">Whether the connection moves.</param>
/// <param name="To">Where it stands afterwards.</param>
public readonly record struct Move(MoveKind Kind, State To);

/// <summary>The state machine of a connection: which trigger leads from which state to which.</summary>
public static class ConnectionMachine
{
    /// <summary>Says where <paramref name="trigger"/> leads from <paramref name="from"/>.</summary>
    public static Move Fire(State from, Trigger trigger)
    {
        var machine = Build(from);
        if (!machine.CanFire(trigger))
        {
            return new Move(MoveKind.NotPermitted, from);
        }

        var kind = MoveKind.Ignored;
        machine.OnTransitioned(_ => kind = MoveKind.Transition);
        machine.Fire(trigger);
        return new Move(kind, machine.State);
    }

    /// <summary>The triggers that mean something in <paramref name="state"/>, repeats included.</summary>
    public static ImmutableArray<Trigger> Permitted(State state)
    {
        var machine = Build(state);
        return [.. Enum.GetValues<Trigger>().Where(machine.CanFire)];
    }

    /// <summary>The machine as Stateless describes it, for drawing it.</summary>
    public static StateMachineInfo Describe() => Build(State.None).GetInfo();

    // A new machine per call: Stateless keeps a trigger queue inside, so one machine must not be shared by threads.
    private static StateMachine<State, Trigger> Build(State from)
    {
        var machine = new StateMachine<State, Trigger>(from);
        ConfigureAttempt(machine);
        ConfigureConnected(machine);
        ConfigureLost(machine);
        return machine;
    }

    private static void ConfigureAttempt(StateMachine<State, Trigger> machine)
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
