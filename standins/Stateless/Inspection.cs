using Stateless.Reflection;

namespace Stateless;

public partial class StateMachine<TState, TTrigger>
{
    /// <summary>Describes the rules in types that know nothing of states and triggers.</summary>
    private sealed class Inspection(IReadOnlyDictionary<TState, StateRules> rules)
    {
        private readonly Dictionary<TState, StateInfo> states = [];

        public StateMachineInfo Describe(TState initial)
        {
            foreach (var state in rules.Keys.Concat(rules.Values.SelectMany(Destinations)).Append(initial).Distinct())
            {
                states.Add(state, new(state));
            }

            foreach (var from in rules.Values)
            {
                states[from.State].SetTransitions(
                    [.. from.All.Where(rule => !rule.IsIgnored).Select(Fixed)],
                    [.. from.All.Where(rule => rule.IsIgnored).Select(Ignored)]);
            }

            return new(states.Values, typeof(TState), typeof(TTrigger), states[initial]);
        }

        private static IEnumerable<TState> Destinations(StateRules from) => from.All.Select(rule => rule.Destination);

        private FixedTransitionInfo Fixed(Rule rule) => new(states[rule.Destination], new(rule.Trigger), Guards(rule));

        private static IgnoredTransitionInfo Ignored(Rule rule) => new(new(rule.Trigger), Guards(rule));

        private static InvocationInfo[] Guards(Rule rule) => rule.Description is null ? [] : [rule.Description];
    }
}
