using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using Stateless.Reflection;

namespace ConnectionStateService.Tests.Core;

/// <summary>docs/state-machine.md shows the machine as it is.</summary>
public class StateMachineDocTests
{
    private static readonly Trigger[] Triggers = Enum.GetValues<Trigger>();

    [Fact]
    public void The_page_about_the_state_machine_is_what_the_code_does() => GeneratedDoc.AssertCurrent("state-machine.md",
    [
        "# The state machine of a connection",
        "",
        "Where a connection stands, and what moves it. It begins nowhere: choosing a page in a connect session makes it `Pending`.",
        "",
        GeneratedDoc.Note,
        "",
        "## Every state and every trigger",
        "",
        "A name: the connection moves there. `=`: a repeat, answered with the connection as it is. `.`: turned down with",
        "`ILLEGAL_TRANSITION`.",
        "",
        $"| from | {string.Join(" | ", Triggers)} |",
        $"|---|{string.Concat(Triggers.Select(_ => "---|"))}",
        .. Enum.GetValues<State>().Select(Row),
        "",
        "## The drawing",
        "",
        "![The state machine of a connection](state-machine.svg)",
        "",
        "The console shows the same picture, with the present state of a connection marked. As text:",
        "",
        "```mermaid",
        "stateDiagram-v2",
        .. ConnectionMachine.Describe().States.OrderBy(s => (State)s.UnderlyingState).SelectMany(Arrows),
        "```",
    ]);

    [Fact]
    public void The_console_draws_the_machine_that_the_code_describes() => GeneratedDoc.AssertFileCurrent("web/src/machine/machine.json",
    [
        "{",
        $"  \"states\": [{string.Join(", ", Enum.GetValues<State>().Select(Quoted))}],",
        "  \"arrows\": [",
        string.Join(",\n", ConnectionMachine.Describe().States.OrderBy(s => (State)s.UnderlyingState).SelectMany(Moves)),
        "  ]",
        "}",
    ]);

    private static string Row(State from) =>
        $"| {(from is State.None ? "(none)" : from)} | {string.Join(" | ", Triggers.Select(t => Cell(from, t)))} |";

    private static string Cell(State from, Trigger trigger) => ConnectionMachine.Fire(from, trigger) switch
    {
        { Kind: MoveKind.Transition, To: var to } => to.ToString(),
        { Kind: MoveKind.Ignored } => "=",
        _ => ".",
    };

    private static IEnumerable<string> Arrows(StateInfo from) =>
        ArrowsOf(from).Select(arrow => $"    {Name((State)from.UnderlyingState)} --> {arrow.Key} : {string.Join(", ", arrow.Order())}");

    private static IEnumerable<string> Moves(StateInfo from) => ArrowsOf(from).Select(arrow =>
        $"    {{ \"from\": {Quoted((State)from.UnderlyingState)}, \"to\": {Quoted(arrow.Key)}, \"triggers\": [{string.Join(", ", arrow.Order().Select(Quoted))}] }}");

    // One arrow from a state to another, whatever the number of triggers.
    private static IEnumerable<IGrouping<State, Trigger>> ArrowsOf(StateInfo from) => from.FixedTransitions
        .GroupBy(t => (State)t.DestinationState.UnderlyingState, t => (Trigger)t.Trigger.UnderlyingTrigger)
        .OrderBy(arrow => arrow.Key);

    private static string Quoted<T>(T name) where T : struct, Enum => $"\"{name}\"";

    private static string Name(State state) => state is State.None ? "[*]" : state.ToString();
}
