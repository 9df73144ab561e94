using System.Collections.Immutable;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Which partitions this process does not reach. In a Cluster, one process alone can lose the connection to a shard: the other processes must
/// then look at its partitions. Thread-safe.
/// </summary>
/// <param name="patience">How long all looks at a partition fail until it counts as not reached.</param>
/// <param name="stopwatch">Measures that time.</param>
internal sealed class PartitionReach(TimeSpan patience, TimeProvider stopwatch)
{
    private readonly Lock gate = new();
    private readonly long?[] failingSince = new long?[RedisKeys.PartitionCount];
    private ImmutableSortedSet<int> unreached = [];

    /// <summary>The partitions that are not reached, in ascending order.</summary>
    public ImmutableArray<int> Unreached
    {
        get
        {
            lock (gate)
            {
                return [.. unreached];
            }
        }
    }

    /// <summary>Whether a partition is not reached.</summary>
    public bool IsUnreached(int partition)
    {
        lock (gate)
        {
            return unreached.Contains(partition);
        }
    }

    /// <summary>Forgets the looks at all other partitions: this process no longer looks at them.</summary>
    public void Retain(IReadOnlyCollection<int> partitions)
    {
        lock (gate)
        {
            var retained = partitions.ToHashSet();
            for (var partition = 0; partition < failingSince.Length; partition++)
            {
                failingSince[partition] = retained.Contains(partition) ? failingSince[partition] : null;
            }

            unreached = unreached.Intersect(retained);
        }
    }

    /// <summary>Notes the result of a look at partitions.</summary>
    /// <returns>Whether <see cref="Unreached"/> changes.</returns>
    public bool Report(IEnumerable<int> partitions, bool isReached)
    {
        lock (gate)
        {
            var before = unreached;
            foreach (var partition in partitions)
            {
                failingSince[partition] = isReached ? null : failingSince[partition] ?? stopwatch.GetTimestamp();
                unreached = failingSince[partition] is not { } since ? unreached.Remove(partition)
                    : stopwatch.GetElapsedTime(since) >= patience ? unreached.Add(partition)
                    : unreached;
            }

            return unreached != before;
        }
    }
}
