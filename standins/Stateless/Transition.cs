namespace Stateless;

public partial class StateMachine<TState, TTrigger>
{
    /// <summary>A move from one state to another, or to the same one.</summary>
    public class Transition(TState source, TState destination, TTrigger trigger)
    {
        public TState Source { get; } = source;

        public TState Destination { get; } = destination;

        public TTrigger Trigger { get; } = trigger;

        public bool IsReentry => EqualityComparer<TState>.Default.Equals(Source, Destination);
    }
}
