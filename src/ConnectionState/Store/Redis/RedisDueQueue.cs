using System.Collections.Immutable;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The merchants with a deadline, by partition. Processes share the work: each takes a short lease on a partition.</summary>
internal sealed class RedisDueQueue(RedisConnection connection, RedisClock clock, ILogger logger)
{
    // Few partitions at a time, and few merchants of each, so that other processes find work too.
    private const int PartitionsAtOnce = 32;
    private const int MinimumPerPartition = 16;

    // Longer than a batch takes. If the holder takes longer, or has ended, another process joins in: doing the same work twice is harmless.
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(2);

    private readonly string processId = Guid.NewGuid().ToString("N");

    /// <summary>Finds due merchants in random partitions, and returns those with the earliest deadlines first.</summary>
    public async Task<ImmutableArray<DueMerchant>> FindAsync(int limit, CancellationToken cancellationToken)
    {
        var found = new List<DueMerchant>();
        var scan = new PartitionScan(logger);
        foreach (var partitions in ShuffledPartitions().Chunk(PartitionsAtOnce))
        {
            var limitOfEach = Math.Max(Math.Min(MinimumPerPartition, limit), (limit - found.Count) / PartitionsAtOnce);
            found.AddRange(await scan.ReadAsync(partitions, partition => FindInAsync(partition, limitOfEach, cancellationToken)));
            if (found.Count >= limit || (found.Count > 0 && scan.HasFailures))
            {
                // Merchants that were found must not wait for partitions that do not answer.
                break;
            }
        }

        scan.ThrowIfAllFailed();
        return [.. found.OrderBy(due => due.Deadline).Take(limit)];
    }

    /// <summary>Moves or removes a deadline, unless a commit has changed it since it was found.</summary>
    public async Task RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(
            db => db.ScriptEvaluateAsync(
                RedisScripts.Reschedule,
                [RedisKeys.Due(RedisKeys.PartitionOf(due.MerchantId))],
                [due.MerchantId, StoreTime.RoundUp(due.Deadline), ToArgument(deadline)],
                CommandFlags.DemandMaster),
            cancellationToken);

    /// <summary>Returns a deadline as scripts take it: milliseconds since 1970, or an empty string if there is none.</summary>
    public static RedisValue ToArgument(DateTimeOffset? deadline) => deadline is { } time ? StoreTime.RoundUp(time) : "";

    private static int[] ShuffledPartitions()
    {
        int[] partitions = [.. Enumerable.Range(0, RedisKeys.PartitionCount)];
        Random.Shared.Shuffle(partitions);
        return partitions;
    }

    private async Task<DueMerchant[]> FindInAsync(int partition, int limit, CancellationToken cancellationToken)
    {
        var reply = await connection.ExecuteAsync(
            db => db.ScriptEvaluateAsync(
                RedisScripts.FindDue,
                [RedisKeys.Due(partition), RedisKeys.Lease(partition)],
                [processId, (long)LeaseDuration.TotalMilliseconds, limit],
                CommandFlags.DemandMaster),
            cancellationToken);
        var values = (RedisValue[])reply!;
        clock.Update((long)values[0]);
        return [.. values.Skip(1).Chunk(2).Select(pair => new DueMerchant(pair[0].ToString(), StoreTime.ToTime((long)pair[1])))];
    }
}
