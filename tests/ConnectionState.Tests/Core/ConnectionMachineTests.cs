using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Core;

/// <summary>The transition table, written by hand: a new state or trigger fails until every cell is decided.</summary>
public class ConnectionMachineTests
{
    // A state: the connection makes a transition to it. "=": ignored. ".": not permitted.
    private const string Table = """
        from         Request Grant     Refuse  Renew     Expire  Revoke  Delete  Displace     Disconnect
        None         Pending .         .       .         .       .       .       .            .
        Pending      =       Connected Refused .         .       Revoked Deleted Disconnected Disconnected
        Connected    .       =         .       Connected Expired Revoked Deleted Disconnected Disconnected
        Refused      Pending .         =       .         .       .       =       .            =
        Expired      Pending .         .       Connected =       Revoked Deleted Disconnected Disconnected
        Revoked      Pending .         .       .         =       =       Deleted Disconnected Disconnected
        Deleted      Pending .         .       .         =       =       =       =            Disconnected
        Disconnected Pending .         .       .         =       =       =       =            =
        """;

    private static readonly string[][] Lines =
        [.. Table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static readonly Trigger[] Columns = [.. Lines[0].Skip(1).Select(Enum.Parse<Trigger>)];

    private static readonly Dictionary<State, string[]> Rows =
        Lines.Skip(1).ToDictionary(line => Enum.Parse<State>(line[0]), line => line[1..]);

    public static TheoryData<State, Trigger> Cells()
    {
        var cells = new TheoryData<State, Trigger>();
        foreach (var state in Enum.GetValues<State>())
        {
            foreach (var trigger in Enum.GetValues<Trigger>())
            {
                cells.Add(state, trigger);
            }
        }

        return cells;
    }

    [Fact]
    public void The_table_has_a_row_for_every_state_and_a_column_for_every_trigger()
    {
        Assert.Equal(Enum.GetValues<State>(), Rows.Keys.Order());
        Assert.Equal(Enum.GetValues<Trigger>(), Columns.Order());
        Assert.All(Rows.Values, row => Assert.Equal(Columns.Length, row.Length));
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void ConnectionMachine_has_the_effect_in_the_table(State from, Trigger trigger)
    {
        var expected = Cell(from, trigger) switch
        {
            "=" => new TriggerResult(TriggerOutcome.Ignored, from),
            "." => new TriggerResult(TriggerOutcome.NotPermitted, from),
            var to => new TriggerResult(TriggerOutcome.Transition, Enum.Parse<State>(to)),
        };

        Assert.Equal(expected, ConnectionMachine.Fire(from, trigger));
    }

    [Fact]
    public void Permitted_returns_the_triggers_that_are_not_refused() =>
        Assert.All(Rows.Keys, from => Assert.Equal(
            Columns.Where(trigger => Cell(from, trigger) != ".").Order(), ConnectionMachine.Permitted(from)));

    private static string Cell(State from, Trigger trigger) => Rows[from][Array.IndexOf(Columns, trigger)];
}
