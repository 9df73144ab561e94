namespace Stateless.Reflection;

/// <summary>What one trigger does in a state.</summary>
public abstract class TransitionInfo
{
    private protected TransitionInfo(TriggerInfo trigger, IEnumerable<InvocationInfo> guards)
    {
        Trigger = trigger;
        GuardConditionsMethodDescriptions = guards;
    }

    public TriggerInfo Trigger { get; }

    public IEnumerable<InvocationInfo> GuardConditionsMethodDescriptions { get; }
}

/// <summary>A transition whose destination is known beforehand.</summary>
public class FixedTransitionInfo : TransitionInfo
{
    internal FixedTransitionInfo(StateInfo destination, TriggerInfo trigger, IEnumerable<InvocationInfo> guards)
        : base(trigger, guards) => DestinationState = destination;

    public StateInfo DestinationState { get; }
}

/// <summary>A trigger that does nothing.</summary>
public class IgnoredTransitionInfo : TransitionInfo
{
    internal IgnoredTransitionInfo(TriggerInfo trigger, IEnumerable<InvocationInfo> guards)
        : base(trigger, guards)
    {
    }
}
