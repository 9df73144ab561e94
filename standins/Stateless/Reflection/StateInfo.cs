namespace Stateless.Reflection;

/// <summary>A state and where its triggers lead.</summary>
public class StateInfo
{
    internal StateInfo(object underlyingState) => UnderlyingState = underlyingState;

    public object UnderlyingState { get; }

    public IEnumerable<TransitionInfo> Transitions => FixedTransitions;

    /// <summary>Permitted ones, re-entries among them.</summary>
    public IEnumerable<FixedTransitionInfo> FixedTransitions { get; private set; } = [];

    public IEnumerable<IgnoredTransitionInfo> IgnoredTriggers { get; private set; } = [];

    public override string ToString() => UnderlyingState.ToString() ?? "<null>";

    internal void SetTransitions(IEnumerable<FixedTransitionInfo> transitions, IEnumerable<IgnoredTransitionInfo> ignored)
    {
        FixedTransitions = transitions;
        IgnoredTriggers = ignored;
    }
}
