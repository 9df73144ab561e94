using System.Collections.Immutable;

namespace ConnectionStateService.Store.Redis;

/// <summary>Reads the first entries of all partitions, each of which is in order.</summary>
internal static class MergedPartitions
{
    private const int Growth = 8;

    /// <summary>Returns the first entries in the order of the comparer.</summary>
    /// <param name="readAsync">Reads at most a number of entries of each of the given partitions, each in order.</param>
    /// <param name="partitionsPerRead">The number of partitions that may be read together if few entries of each are read.</param>
    /// <param name="limit">The maximum number of entries.</param>
    /// <param name="comparer">The order.</param>
    public static async Task<ImmutableArray<T>> ReadAsync<T>(
        Func<int[], int, Task<IReadOnlyList<T>[]>> readAsync, int partitionsPerRead, int limit, IComparer<T> comparer)
    {
        var parts = new IReadOnlyList<T>[RedisKeys.PartitionCount];
        var mayHaveMore = new bool[RedisKeys.PartitionCount];
        int[] unread = [.. Enumerable.Range(0, RedisKeys.PartitionCount)];
        var first = FirstCount(limit);
        for (var count = first; ; count = Math.Min(limit, count * Growth))
        {
            var groups = unread.Chunk(Math.Max(1, partitionsPerRead * first / count));
            var read = (await Task.WhenAll(groups.Select(group => readAsync(group, count)))).SelectMany(of => of);
            foreach (var (partition, part) in unread.Zip(read))
            {
                (parts[partition], mayHaveMore[partition]) = (part, part.Count == count);
            }

            ImmutableArray<T> found = [.. parts.SelectMany(part => part).Order(comparer).Take(limit)];

            // A partition that may have more has them after its last one. All are looked at again, because entries may have been removed since the read before.
            // A full page of one partition is not before the end, so this ends.
            unread = [.. Enumerable.Range(0, RedisKeys.PartitionCount).Where(partition => mayHaveMore[partition]
                && (found.Length < limit || comparer.Compare(parts[partition][^1], found[^1]) < 0))];
            if (unread.Length == 0)
            {
                return found;
            }
        }
    }

    // Some more than a partition has of a page if the entries are spread evenly: one page of 100 in six needs a second look at a partition or two, which
    // costs less than entries that are read in vain.
    private static int FirstCount(int limit)
    {
        var mean = (double)limit / RedisKeys.PartitionCount;
        return Math.Min(limit, (int)(mean + (4 * Math.Sqrt(mean)) + 2));
    }
}
