using System.Collections.Immutable;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The merchants with a deadline in the partitions of this process. A partition is read only when its schedule says so.</summary>
internal sealed class RedisDueQueue(
    RedisConnection connection, RedisClock clock, DeadlineSchedule schedule, FleetMembership fleet, RedisClaims claims, ILogger logger)
{
    private const int PartitionsAtOnce = 64;

    // The time-out of a command is as long: partitions that do not answer must not hold up the others all the time.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    /// <summary>Waits until merchants may be due.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => schedule.WaitAsync(cancellationToken);

    /// <summary>Tells of a deadline that was stored.</summary>
    public void Expect(int partition, DateTimeOffset? deadline)
    {
        if (deadline is { } time)
        {
            schedule.Expect(partition, clock.DelayUntil(time));
        }
    }

    /// <summary>Finds due merchants in the partitions to look at, and returns those with the earliest deadlines first.</summary>
    public async Task<ImmutableArray<DueMerchant>> FindAsync(int limit, CancellationToken cancellationToken)
    {
        // By merchant: a partition is looked at twice if a commit announces a deadline meanwhile.
        var found = new Dictionary<string, DueMerchant>(StringComparer.Ordinal);
        var scan = new PartitionScan(logger);
        while (found.Count < limit && schedule.TakeReady(PartitionsAtOnce) is { Length: > 0 } partitions)
        {
            var limitOfEach = Math.Max(1, (limit - found.Count) / partitions.Length);
            var full = await LookAsync(partitions, limitOfEach);
            if (full.Length > 0 && found.Count < limit)
            {
                await LookAsync(full, limitOfEach + limit - found.Count);
            }

            if (found.Count > 0 && scan.HasFailures)
            {
                // Merchants that were found must not wait for partitions that do not answer.
                break;
            }
        }

        // Until a look finds no due merchant, there may be more, or some may have been left as they are.
        foreach (var merchantId in found.Keys)
        {
            schedule.Expect(RedisKeys.PartitionOf(merchantId), TimeSpan.Zero);
        }

        scan.ThrowIfAllFailed();
        return [.. found.Values.OrderBy(due => due.Deadline).Take(limit)];

        // Returns the partitions that may have more due merchants than the limit.
        async Task<ImmutableArray<int>> LookAsync(ImmutableArray<int> partitions, int limitOfEach)
        {
            var due = await scan.ReadAsync(partitions.Chunk(fleet.GroupSize), group => FindInAsync(group, limitOfEach, cancellationToken));
            foreach (var merchant in due)
            {
                found[merchant.MerchantId] = merchant;
            }

            return [.. due.GroupBy(merchant => RedisKeys.PartitionOf(merchant.MerchantId)).Where(g => g.Count() == limitOfEach).Select(g => g.Key)];
        }
    }

    /// <summary>Moves or removes a deadline, unless a commit has changed it since it was found.</summary>
    public async Task RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken)
    {
        var partition = RedisKeys.PartitionOf(due.MerchantId);
        await connection.ExecuteAsync(
            db => db.ScriptEvaluateAsync(
                RedisScripts.Reschedule,
                [RedisKeys.Due(partition)],
                [due.MerchantId, StoreTime.RoundUp(due.Deadline), ToArgument(deadline)],
                CommandFlags.DemandMaster),
            cancellationToken);
        Expect(partition, deadline);
    }

    /// <summary>Returns a deadline as scripts take it: milliseconds since 1970, or an empty string if there is none.</summary>
    public static RedisValue ToArgument(DateTimeOffset? deadline) => deadline is { } time ? StoreTime.RoundUp(time) : "";

    private async Task<IEnumerable<DueMerchant>> FindInAsync(int[] group, int limitOfEach, CancellationToken cancellationToken)
    {
        try
        {
            var reply = (RedisResult[])(await connection.ExecuteAsync(
                db => db.ScriptEvaluateAsync(
                    RedisScripts.FindDue,
                    [.. group.SelectMany(partition => (RedisKey[])[RedisKeys.Due(partition), RedisKeys.Claims(partition)])],
                    [limitOfEach],
                    CommandFlags.DemandMaster),
                cancellationToken))!;
            var now = (long)reply[0];
            clock.Update(now);
            return [.. group.Zip(reply.Skip(1), (partition, found) => Take(partition, (RedisValue[])found!, now)).SelectMany(due => due)];
        }
        catch
        {
            Array.ForEach(group, partition => schedule.Expect(partition, RetryDelay));
            throw;
        }
    }

    private DueMerchant[] Take(int partition, RedisValue[] found, long now)
    {
        var dues = found.Skip(2).Chunk(2).Select(pair => new DueMerchant(pair[0].ToString(), StoreTime.ToTime((long)pair[1]))).ToArray();
        if (dues.Length == 0 && found[0] != "")
        {
            // By the clock of the server that is responsible for the partition: in a Cluster, the clocks of primaries may differ.
            schedule.Expect(partition, TimeSpan.FromMilliseconds((long)found[0] - (now / 1_000)));
        }

        if (found[1] == 1)
        {
            claims.Expect(partition);
        }

        return dues;
    }
}
