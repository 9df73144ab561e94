using ConnectionStateService.Store.Redis;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>The first entries of all partitions, whatever their distribution.</summary>
public sealed class MergedPartitionsTests
{
    [Fact]
    public async Task The_first_entries_of_all_partitions_are_found_however_they_are_distributed()
    {
        foreach (var seed in Seeds.Of(1_000))
        {
            var random = new Random(seed);
            var (used, limit) = (random.Next(1, RedisKeys.PartitionCount + 1), random.Next(1, 300));
            var all = Enumerable.Range(0, random.Next(2_000)).Select(n => (Entry: n, Partition: random.Next(used)))
                .ToLookup(entry => entry.Partition, entry => entry.Entry);
            var (reads, largest) = (0, 0);

            var found = await MergedPartitions.ReadAsync(
                (partitions, count) =>
                {
                    (reads, largest) = (reads + partitions.Length, Math.Max(largest, partitions.Length * count));
                    return Task.FromResult<IReadOnlyList<int>[]>([.. partitions.Select(partition => all[partition].Take(count).ToList())]);
                },
                partitionsPerRead: 32,
                limit,
                Comparer<int>.Default);

            Assert.True(
                found.SequenceEqual(Enumerable.Range(0, all.Sum(of => of.Count())).Take(limit)),
                $"{Seeds.Variable}={seed}: of {used} partitions, {limit} entries: {string.Join(' ', found)}");
            Assert.InRange(largest, 1, Math.Max(32 * 16, limit));
            Assert.InRange(reads, RedisKeys.PartitionCount, 3 * RedisKeys.PartitionCount);
        }
    }

    [Fact]
    public async Task Only_partitions_that_may_have_more_of_the_page_are_read_again()
    {
        // All have more than is read at first, evenly spread; the second one also has the first ten.
        const int OfEach = 40;
        var all = Enumerable.Range(0, RedisKeys.PartitionCount).Select(partition =>
            (partition == 1 ? Enumerable.Range(-10, 10) : []).Concat(Enumerable.Range(0, OfEach).Select(n => (n * RedisKeys.PartitionCount) + partition)).ToList()).ToList();
        var reads = new List<int[]>();

        var found = await MergedPartitions.ReadAsync(
            (partitions, count) =>
            {
                reads.Add(partitions);
                return Task.FromResult<IReadOnlyList<int>[]>([.. partitions.Select(partition => all[partition].Take(count).ToList())]);
            },
            partitionsPerRead: 256,
            limit: 100,
            Comparer<int>.Default);

        Assert.Equal(Enumerable.Range(-10, 100), found);
        Assert.Equal([[.. Enumerable.Range(0, RedisKeys.PartitionCount)], [1]], reads);
    }

    [Fact]
    public async Task A_partition_whose_entries_were_past_the_end_is_read_again_if_others_have_lost_theirs()
    {
        // Two of each are read at first, and the four are a page.
        var first = new List<int> { 0, 1, 2 };
        List<int> second = [3, 4, 5, 6];

        var found = await MergedPartitions.ReadAsync(
            (partitions, count) =>
            {
                IReadOnlyList<int>[] read = [.. partitions.Select(partition => (partition == 0 ? first : partition == 1 ? second : []).Take(count).ToList())];
                first.RemoveAll(entry => entry < 2);
                return Task.FromResult(read);
            },
            partitionsPerRead: 256,
            limit: 4,
            Comparer<int>.Default);

        Assert.Equal(Enumerable.Range(2, 4), found);
    }

    [Fact]
    public async Task Partitions_that_were_read_to_their_end_are_not_read_again()
    {
        var reads = new List<int[]>();
        await MergedPartitions.ReadAsync(
            (partitions, count) =>
            {
                reads.Add(partitions);
                return Task.FromResult<IReadOnlyList<int>[]>([.. partitions.Select(partition => partition == 7 ? [.. Enumerable.Range(0, count)] : (IReadOnlyList<int>)[])]);
            },
            partitionsPerRead: 256,
            limit: 100,
            Comparer<int>.Default);

        Assert.All(reads.Skip(1), partitions => Assert.Equal([7], partitions));
        Assert.True(reads.Count > 1);
    }
}
