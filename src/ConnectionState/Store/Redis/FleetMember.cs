using System.Collections.Immutable;
using System.Globalization;

namespace ConnectionStateService.Store.Redis;

/// <summary>A process of the fleet.</summary>
/// <param name="Id">The id of the process. It has no spaces.</param>
/// <param name="Unreached">The partitions that the process does not reach.</param>
internal sealed record FleetMember(string Id, ImmutableArray<int> Unreached)
{
    /// <summary>Parses a member as <see cref="ToString"/> returns it. Anything else is a process that reaches all partitions.</summary>
    public static FleetMember Parse(string stored)
    {
        var words = stored.Split(' ');
        return new FleetMember(words[0], [.. words.Skip(1).SelectMany(ParseRange)]);
    }

    /// <summary>Returns the id and the partitions that the process does not reach, as ranges: <c>id 0-84 170</c>.</summary>
    public override string ToString() => string.Join(' ', Ranges().Prepend(Id));

    private static IEnumerable<int> ParseRange(string range)
    {
        var bounds = range.Split('-', 2);
        return int.TryParse(bounds[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(bounds[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && first <= last && last < RedisKeys.PartitionCount
                ? Enumerable.Range(first, last - first + 1)
                : [];
    }

    private IEnumerable<string> Ranges()
    {
        int[] partitions = [.. Unreached.Order()];
        for (var (first, last) = (0, 0); first < partitions.Length; first = ++last)
        {
            while (last + 1 < partitions.Length && partitions[last + 1] == partitions[last] + 1)
            {
                last++;
            }

            yield return first == last ? $"{partitions[first]}" : $"{partitions[first]}-{partitions[last]}";
        }
    }
}
