using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using Stateless.Reflection;

namespace ConnectionStateService.Tests.Core;

/// <summary>docs/state-machine.md and the console's diagram are generated from the state machine.</summary>
public class StateMachineDocTests
{
    private static readonly Trigger[] Triggers = Enum.GetValues<Trigger>();

    [Fact]
    public void The_state_machine_page_matches_the_code() => GeneratedDoc.AssertCurrent("state-machine.md",
    [
        "# The state machine of a connection",
        "",
        "The states of a connection and the triggers that change them. A connection is created as `Pending` when a page is chosen in a connect",
        "session. A page that is listed stays as it is while it is chosen again, until the provider grants access.",
        "",
        GeneratedDoc.Note,
        "",
        "## Transition table",
        "",
        "A state: the connection makes a transition to it. `=`: the trigger is ignored, and the call returns the unchanged connection. `.`:",
        "the call fails with `ILLEGAL_TRANSITION`. A connection is listed while it is in the page list.",
        "",
        $"| from | {string.Join(" | ", Triggers)} |",
        $"|---|{string.Concat(Triggers.Select(_ => "---|"))}",
        .. Enum.GetValues<State>().SelectMany(Rows),
        "",
        "## Diagram",
        "",
        "![The state machine of a connection](state-machine.svg)",
        "",
        "`[listed]` and `[not listed]`: the transition is made only if the connection is in the page list, or only if it is not. The console shows",
        "the same diagram and highlights the current state of a connection. As text:",
        "",
        "```mermaid",
        "stateDiagram-v2",
        .. ConnectionMachine.Describe().States.OrderBy(s => (State)s.UnderlyingState).SelectMany(DiagramLines),
        "```",
    ]);

    [Fact]
    public void The_diagram_data_of_the_console_matches_the_state_machine() => GeneratedDoc.AssertFileCurrent("web/src/machine/machine.json",
    [
        "{",
        $"  \"states\": [{string.Join(", ", Enum.GetValues<State>().Select(Quoted))}],",
        "  \"arrows\": [",
        string.Join(",\n", ConnectionMachine.Describe().States.OrderBy(s => (State)s.UnderlyingState).SelectMany(TransitionLines)),
        "  ]",
        "}",
    ]);

    // Two rows if it matters whether the connection is listed.
    private static IEnumerable<string> Rows(State from)
    {
        var (listed, notListed) = (Cells(from, isListed: true), Cells(from, isListed: false));
        return from is State.None ? [$"| (none) | {notListed} |"]
            : listed == notListed ? [$"| {from} | {notListed} |"]
            : [$"| {from}, listed | {listed} |", $"| {from}, not listed | {notListed} |"];
    }

    private static string Cells(State from, bool isListed) => string.Join(" | ", Triggers.Select(t => Cell(from, isListed, t)));

    private static string Cell(State from, bool isListed, Trigger trigger) => ConnectionMachine.Fire(from, isListed, trigger) switch
    {
        { Outcome: TriggerOutcome.Transition, To: var to } => to.ToString(),
        { Outcome: TriggerOutcome.Ignored } => "=",
        _ => ".",
    };

    private static IEnumerable<string> DiagramLines(StateInfo from) => ArrowsOf(from).Select(arrow =>
        $"    {Name((State)from.UnderlyingState)} --> {arrow.Key.To} : {string.Join(", ", arrow.Order())}{(arrow.Key.Guard is { } guard ? $" [{guard}]" : "")}");

    private static IEnumerable<string> TransitionLines(StateInfo from) => ArrowsOf(from).Select(arrow =>
        $"    {{ \"from\": {Quoted((State)from.UnderlyingState)}, \"to\": {Quoted(arrow.Key.To)}, \"triggers\": "
        + $"[{string.Join(", ", arrow.Order().Select(Quoted))}]{(arrow.Key.Guard is { } guard ? $", \"guard\": \"{guard}\"" : "")} }}");

    // One arrow between two states, even if several triggers lead there; one per guard.
    private static IEnumerable<IGrouping<(State To, string? Guard), Trigger>> ArrowsOf(StateInfo from) => from.FixedTransitions
        .GroupBy(t => ((State)t.DestinationState.UnderlyingState, GuardOf(t)), t => (Trigger)t.Trigger.UnderlyingTrigger)
        .OrderBy(arrow => arrow.Key);

    private static string? GuardOf(TransitionInfo transition) =>
        transition.GuardConditionsMethodDescriptions.Select(guard => guard.Description).SingleOrDefault();

    private static string Quoted<T>(T name) where T : struct, Enum => $"\"{name}\"";

    private static string Name(State state) => state is State.None ? "[*]" : state.ToString();
}
