using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Core;

/// <summary>The whole machine by hand: whoever adds a state or a trigger has to think about every cell.</summary>
public class ConnectionMachineTests
{
    // A state's name: the connection moves there. "=": a repeat, it stays. ".": means nothing there.
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
    public void Every_cell_is_as_the_table_says(State from, Trigger trigger)
    {
        var expected = Cell(from, trigger) switch
        {
            "=" => new Move(MoveKind.Ignored, from),
            "." => new Move(MoveKind.NotPermitted, from),
            var to => new Move(MoveKind.Transition, Enum.Parse<State>(to)),
        };

        Assert.Equal(expected, ConnectionMachine.Fire(from, trigger));
    }

    [Fact]
    public void Permitted_is_what_the_table_does_not_turn_down() =>
        Assert.All(Rows.Keys, from => Assert.Equal(
            Columns.Where(trigger => Cell(from, trigger) != ".").Order(), ConnectionMachine.Permitted(from)));

    [Fact]
    public void Renewing_a_connected_page_is_a_transition_and_not_ignored() =>
        Assert.Equal(new Move(MoveKind.Transition, State.Connected), ConnectionMachine.Fire(State.Connected, Trigger.Renew));

    private static string Cell(State from, Trigger trigger) => Rows[from][Array.IndexOf(Columns, trigger)];
}
