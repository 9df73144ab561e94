using Stateless.Reflection;

namespace Stateless;

public partial class StateMachine<TState, TTrigger>
{
    /// <summary>What one trigger does in one state. Ignored ones lead to the state itself and run no actions.</summary>
    internal sealed record Rule(TTrigger Trigger, TState Destination, bool IsIgnored, Func<bool>? Guard, InvocationInfo? Description);

    /// <summary>One state's rules. A list, not a table: there are few, and a machine is often made for one move.</summary>
    internal sealed class StateRules(TState state)
    {
        private readonly List<Rule> rules = [];

        public TState State { get; } = state;

        public IReadOnlyList<Rule> All => rules;

        public Action<Transition>? Entering { get; set; }

        public Action<Transition>? Exiting { get; set; }

        public void Add(Rule rule) => rules.Add(rule);

        public IEnumerable<TTrigger> Permitted() =>
            [.. rules.Where(rule => rule.Guard is null || rule.Guard()).Select(rule => rule.Trigger).Distinct()];

        /// <summary>The one rule whose guard agrees, or null.</summary>
        public Rule? Find(TTrigger trigger, List<string> unmetGuards)
        {
            Rule? found = null;
            foreach (var rule in rules)
            {
                if (!EqualityComparer<TTrigger>.Default.Equals(rule.Trigger, trigger))
                {
                    continue;
                }

                if (rule.Guard is not null && !rule.Guard())
                {
                    unmetGuards.Add(rule.Description!.Description);
                    continue;
                }

                found = found is null ? rule : throw Ambiguous(trigger);
            }

            return found;
        }

        private InvalidOperationException Ambiguous(TTrigger trigger) =>
            new($"Multiple permitted exit transitions are configured from state '{State}' for trigger '{trigger}'."
                + " Guard clauses must be mutually exclusive.");
    }
}
