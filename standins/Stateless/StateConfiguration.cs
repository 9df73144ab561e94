using Stateless.Reflection;

namespace Stateless;

public partial class StateMachine<TState, TTrigger>
{
    /// <summary>Says what the triggers do in one state.</summary>
    public class StateConfiguration
    {
        private readonly StateRules rules;

        internal StateConfiguration(StateMachine<TState, TTrigger> machine, StateRules rules)
        {
            Machine = machine;
            this.rules = rules;
        }

        public StateMachine<TState, TTrigger> Machine { get; }

        public TState State => rules.State;

        /// <summary>Leads to another state.</summary>
        /// <exception cref="ArgumentException">The destination is this state.</exception>
        public StateConfiguration Permit(TTrigger trigger, TState destinationState)
        {
            ThrowIfHere(destinationState);
            return Add(trigger, destinationState);
        }

        /// <summary>Leads to another state while the guard agrees.</summary>
        /// <exception cref="ArgumentException">The destination is this state.</exception>
        public StateConfiguration PermitIf(
            TTrigger trigger, TState destinationState, Func<bool> guard, string? guardDescription = null)
        {
            ThrowIfHere(destinationState);
            return Add(trigger, destinationState, false, guard, guardDescription);
        }

        /// <summary>Leaves this state and enters it again.</summary>
        public StateConfiguration PermitReentry(TTrigger trigger) => Add(trigger, State);

        public StateConfiguration PermitReentryIf(TTrigger trigger, Func<bool> guard, string? guardDescription = null) =>
            Add(trigger, State, false, guard, guardDescription);

        /// <summary>Does nothing: no action runs, nothing is thrown.</summary>
        public StateConfiguration Ignore(TTrigger trigger)
        {
            rules.Add(new(trigger, State, true, null, null));
            return this;
        }

        public StateConfiguration IgnoreIf(TTrigger trigger, Func<bool> guard, string? guardDescription = null) =>
            Add(trigger, State, true, guard, guardDescription);

        public StateConfiguration OnEntry(Action entryAction, string? entryActionDescription = null)
        {
            ArgumentNullException.ThrowIfNull(entryAction);
            return OnEntry(_ => entryAction(), entryActionDescription);
        }

        public StateConfiguration OnEntry(Action<Transition> entryAction, string? entryActionDescription = null)
        {
            ArgumentNullException.ThrowIfNull(entryAction);
            rules.Entering += entryAction;
            return this;
        }

        public StateConfiguration OnExit(Action exitAction, string? exitActionDescription = null)
        {
            ArgumentNullException.ThrowIfNull(exitAction);
            return OnExit(_ => exitAction(), exitActionDescription);
        }

        public StateConfiguration OnExit(Action<Transition> exitAction, string? exitActionDescription = null)
        {
            ArgumentNullException.ThrowIfNull(exitAction);
            rules.Exiting += exitAction;
            return this;
        }

        private StateConfiguration Add(TTrigger trigger, TState destination)
        {
            rules.Add(new(trigger, destination, false, null, null));
            return this;
        }

        private StateConfiguration Add(TTrigger trigger, TState destination, bool ignored, Func<bool> guard, string? description)
        {
            ArgumentNullException.ThrowIfNull(guard);
            rules.Add(new(trigger, destination, ignored, guard, new InvocationInfo(guard.Method.Name, description)));
            return this;
        }

        private void ThrowIfHere(TState destination)
        {
            if (EqualityComparer<TState>.Default.Equals(destination, State))
            {
                throw new ArgumentException("Permit() (and PermitIf()) require that the destination state is not equal to the source"
                    + " state. To accept a trigger without changing state, use either Ignore() or PermitReentry().");
            }
        }
    }
}
