using System.Collections.Immutable;

namespace ConnectionStateService.Store.Redis;

/// <summary>Reads the first entries of all partitions, each of which is in order.</summary>
internal static class MergedPartitions
{
    // Enough for most pages at the first attempt, if the entries are spread evenly.
    private const int Spare = 4;
    private const int Growth = 8;

    /// <summary>Returns the first entries in the order of the comparer.</summary>
    /// <param name="read">Reads up to a number of entries of a partition, in their order.</param>
    /// <param name="limit">The maximum number of entries.</param>
    /// <param name="comparer">The order.</param>
    public static async Task<ImmutableArray<T>> ReadAsync<T>(Func<int, int, Task<IReadOnlyList<T>>> read, int limit, IComparer<T> comparer)
    {
        for (var count = Math.Min(limit, (2 * limit / RedisKeys.PartitionCount) + Spare); ; count = Math.Min(limit, count * Growth))
        {
            var parts = await Task.WhenAll(Enumerable.Range(0, RedisKeys.PartitionCount).Select(partition => read(partition, count)));

            // A partition that may have more has them after its last one: what is after the first of those is not known yet.
            var last = parts.Where(part => part.Count == count).Select(part => part[^1]).Order(comparer).Take(1).ToList();
            ImmutableArray<T> found =
                [.. parts.SelectMany(part => part).Where(entry => last.Count == 0 || comparer.Compare(entry, last[0]) <= 0).Order(comparer).Take(limit)];

            // At the latest with a full page of each partition.
            if (last.Count == 0 || found.Length == limit)
            {
                return found;
            }
        }
    }
}
