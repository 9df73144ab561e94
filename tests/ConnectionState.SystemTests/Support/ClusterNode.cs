using System.Globalization;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>A node of a Cluster, as another node sees it.</summary>
internal sealed record ClusterNode(string Id, string[] Flags, string PrimaryId, IReadOnlyList<(int First, int Last)> Slots)
{
    public bool IsPrimary => Flags.Contains("master");

    public bool IsUp => !Flags.Intersect(["handshake", "noaddr", "fail", "fail?"]).Any();

    public bool Holds(int slot) => Slots.Any(range => range.First <= slot && slot <= range.Last);

    /// <summary>Returns every node that a node knows, including itself.</summary>
    public static async Task<IReadOnlyList<ClusterNode>> AllAsync(RedisServer asked)
    {
        var lines = (await asked.CommandAsync("CLUSTER", "NODES")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Select(Parse)];
    }

    // <id> <ip>:<port>@<bus> <flags> <primary> <ping> <pong> <epoch> <link> <slots> ...
    private static ClusterNode Parse(string line)
    {
        var fields = line.Split(' ');
        // Slots in migration are in brackets.
        var slots = fields[8..].Where(field => field[0] != '[').Select(Range);
        return new ClusterNode(fields[0], fields[2].Split(','), fields[3], [.. slots]);
    }

    private static (int First, int Last) Range(string text)
    {
        var ends = text.Split('-');
        return (Number(ends[0]), Number(ends[^1]));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
