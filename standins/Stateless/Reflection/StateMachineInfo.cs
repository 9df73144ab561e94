namespace Stateless.Reflection;

/// <summary>A state machine's table.</summary>
public class StateMachineInfo
{
    internal StateMachineInfo(IEnumerable<StateInfo> states, Type stateType, Type triggerType, StateInfo initialState)
    {
        InitialState = initialState;
        States = [.. states];
        StateType = stateType;
        TriggerType = triggerType;
    }

    public StateInfo InitialState { get; }

    public IEnumerable<StateInfo> States { get; }

    public Type StateType { get; }

    public Type TriggerType { get; }
}
