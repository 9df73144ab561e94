using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Core;

/// <summary>The transition table, written by hand: a new state or trigger fails until every cell is decided.</summary>
public class ConnectionMachineTests
{
    // A state: the connection makes a transition to it. "=": ignored. ".": not permitted.
    private const string Table = """
        from                   Request Grant     Refuse  Renew     Restore   Expire  Revoke  Delete  Displace     Disconnect
        None                   Pending .         .       .         .         .       .       .       .            .
        Pending                =       Connected Refused .         .         .       .       Deleted Disconnected Disconnected
        Connected              =       Connected =       Connected =         Expired Revoked Deleted Disconnected Disconnected
        Refused                Pending .         =       .         .         .       .       =       .            =
        Expired                =       Connected =       Connected Connected =       Revoked Deleted Disconnected Disconnected
        Revoked                =       Connected =       Connected Connected =       =       Deleted Disconnected Disconnected
        Deleted,listed         =       Connected =       .         Connected =       =       =       =            Disconnected
        Deleted                Pending .         =       .         .         =       =       =       =            =
        Disconnected,listed    =       Connected =       .         .         =       =       =       =            Disconnected
        Disconnected           Pending .         =       .         .         =       =       =       =            =
        """;

    // The states whose effects depend on whether the connection is listed.
    private static readonly State[] Gone = [State.Deleted, State.Disconnected];

    private static readonly string[][] Lines =
        [.. Table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static readonly Trigger[] Columns = [.. Lines[0].Skip(1).Select(Enum.Parse<Trigger>)];

    private static readonly Dictionary<string, string[]> Rows = Lines.Skip(1).ToDictionary(line => line[0], line => line[1..]);

    public static TheoryData<State, bool, Trigger> Cells()
    {
        var cells = new TheoryData<State, bool, Trigger>();
        foreach (var state in Enum.GetValues<State>())
        {
            foreach (var trigger in Enum.GetValues<Trigger>())
            {
                cells.Add(state, true, trigger);
                cells.Add(state, false, trigger);
            }
        }

        return cells;
    }

    [Fact]
    public void The_table_has_a_row_for_every_state_and_a_column_for_every_trigger()
    {
        Assert.Equal(
            Enum.GetNames<State>().Concat(Gone.Select(state => $"{state},listed")).Order(StringComparer.Ordinal),
            Rows.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Enum.GetValues<Trigger>(), Columns.Order());
        Assert.All(Rows.Values, row => Assert.Equal(Columns.Length, row.Length));
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void ConnectionMachine_has_the_effect_in_the_table(State from, bool isListed, Trigger trigger)
    {
        var expected = Cell(from, isListed, trigger) switch
        {
            "=" => new TriggerResult(TriggerOutcome.Ignored, from),
            "." => new TriggerResult(TriggerOutcome.NotPermitted, from),
            var to => new TriggerResult(TriggerOutcome.Transition, Enum.Parse<State>(to)),
        };

        Assert.Equal(expected, ConnectionMachine.Fire(from, isListed, trigger));
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void ConnectionMachine_has_the_effect_of_a_Stateless_machine(State from, bool isListed, Trigger trigger) =>
        Assert.Equal(ConnectionMachine.FireMachine(from, isListed, trigger), ConnectionMachine.Fire(from, isListed, trigger));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Permitted_returns_the_triggers_that_are_not_refused(bool isListed) =>
        Assert.All(Enum.GetValues<State>(), from => Assert.Equal(
            Columns.Where(trigger => Cell(from, isListed, trigger) != ".").Order(), ConnectionMachine.Permitted(from, isListed)));

    private static string Cell(State from, bool isListed, Trigger trigger) =>
        Rows[isListed && Gone.Contains(from) ? $"{from},listed" : $"{from}"][Array.IndexOf(Columns, trigger)];
}
