using Stateless.Reflection;

namespace Stateless;

/// <summary>A state, and for every state which triggers lead where.</summary>
public partial class StateMachine<TState, TTrigger>
    where TState : notnull
    where TTrigger : notnull
{
    private readonly Dictionary<TState, StateRules> rules = [];
    private readonly Func<TState> read;
    private readonly Action<TState> write;
    private readonly TState initial;
    private Action<TState, TTrigger, ICollection<string>?> unhandled = ThrowUnhandled;

    public StateMachine(TState initialState)
    {
        var current = initialState;
        initial = initialState;
        read = () => current;
        write = state => current = state;
    }

    /// <summary>A machine whose state is kept elsewhere.</summary>
    public StateMachine(Func<TState> stateAccessor, Action<TState> stateMutator)
    {
        read = stateAccessor ?? throw new ArgumentNullException(nameof(stateAccessor));
        write = stateMutator ?? throw new ArgumentNullException(nameof(stateMutator));
        initial = read();
    }

    public TState State => read();

    /// <summary>What may be fired now.</summary>
    public IEnumerable<TTrigger> PermittedTriggers => GetPermittedTriggers();

    public StateConfiguration Configure(TState state) => new(this, RulesOf(state));

    /// <summary>What may be fired now.</summary>
    public IEnumerable<TTrigger> GetPermittedTriggers(params object?[] args)
    {
        ThrowIfAny(args);
        return RulesOf(State).Permitted();
    }

    public bool CanFire(TTrigger trigger) => CanFire(trigger, out _);

    /// <summary>The same, with the descriptions of the guards that say no.</summary>
    public bool CanFire(TTrigger trigger, out ICollection<string> unmetGuards)
    {
        var unmet = new List<string>();
        unmetGuards = unmet;
        return RulesOf(State).Find(trigger, unmet) is not null;
    }

    /// <summary>Whether the machine is in <paramref name="state"/>.</summary>
    public bool IsInState(TState state) => EqualityComparer<TState>.Default.Equals(State, state);

    /// <summary>Replaces the exception for triggers that are not permitted.</summary>
    public void OnUnhandledTrigger(Action<TState, TTrigger> unhandledTriggerAction)
    {
        ArgumentNullException.ThrowIfNull(unhandledTriggerAction);
        unhandled = (state, trigger, _) => unhandledTriggerAction(state, trigger);
    }

    /// <summary>The same, with the descriptions of the guards that said no.</summary>
    public void OnUnhandledTrigger(Action<TState, TTrigger, ICollection<string>?> unhandledTriggerAction) =>
        unhandled = unhandledTriggerAction ?? throw new ArgumentNullException(nameof(unhandledTriggerAction));

    /// <summary>The table, for drawings and tests.</summary>
    public StateMachineInfo GetInfo() => new Inspection(rules).Describe(initial);

    public override string ToString() =>
        $"StateMachine {{ State = {State}, PermittedTriggers = {{ {string.Join(", ", PermittedTriggers)} }}}}";

    private StateRules RulesOf(TState state)
    {
        if (!rules.TryGetValue(state, out var found))
        {
            rules.Add(state, found = new(state));
        }

        return found;
    }

    private static void ThrowIfAny(object?[] args)
    {
        if (args is { Length: > 0 })
        {
            throw new NotSupportedException("The stand-in for Stateless has no triggers with parameters.");
        }
    }

    private static void ThrowUnhandled(TState state, TTrigger trigger, ICollection<string>? unmetGuards) =>
        throw new InvalidOperationException(unmetGuards is { Count: > 0 }
            ? $"Trigger '{trigger}' is valid for transition from state '{state}' but a guard conditions are not met."
                + $" Guard descriptions: '{string.Join(", ", unmetGuards)}'."
            : $"No valid leaving transitions are permitted from state '{state}' for trigger '{trigger}'."
                + " Consider ignoring the trigger.");
}
