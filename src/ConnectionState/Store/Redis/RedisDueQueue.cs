using System.Collections.Concurrent;
using System.Collections.Immutable;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The merchants with a deadline in the partitions of this process. A partition is read only when its schedule says so.</summary>
internal sealed partial class RedisDueQueue(
    RedisConnection connection, RedisClock clock, DeadlineSchedule schedule, FleetMembership fleet, RedisClaims claims, ILogger logger)
{
    private const int PartitionsAtOnce = 64;

    // The time-out of a command is as long: partitions that do not answer must not hold up the others all the time.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<int, string> damaged = [];

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
        var scan = new PartitionScan(damaged, logger);
        while (found.Count < limit && schedule.TakeReady(PartitionsAtOnce) is { Length: > 0 } ready)
        {
            var unreached = ready.Where(fleet.IsUnreached).ToList();
            foreach (var group in unreached.Chunk(fleet.GroupSize))
            {
                _ = ProbeAsync(group, cancellationToken);
            }

            ImmutableArray<int> partitions = [.. ready.Except(unreached)];
            if (partitions.IsEmpty)
            {
                continue;
            }

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
        await MoveAsync(partition, due.MerchantId, StoreTime.RoundUp(due.Deadline), deadline, cancellationToken);
        Expect(partition, deadline);
    }

    /// <summary>Returns a deadline as scripts take it: milliseconds since 1970, or an empty string if there is none.</summary>
    public static RedisValue ToArgument(DateTimeOffset? deadline) => deadline is { } time ? StoreTime.RoundUp(time) : "";

    // Looks at partitions that are not reached, without holding up the look at the others. Once they answer, they are looked at like those.
    private async Task ProbeAsync(int[] group, CancellationToken cancellationToken)
    {
        var probe = new PartitionScan(damaged, logger);
        await probe.ReadAsync(group, part => FindInAsync(part, limitOfEach: 1, cancellationToken));
        foreach (var partition in group.Where(partition => !fleet.IsUnreached(partition)))
        {
            schedule.Expect(partition, TimeSpan.Zero);
        }
    }

    private async Task<IEnumerable<DueMerchant>> FindInAsync(int[] group, int limitOfEach, CancellationToken cancellationToken)
    {
        try
        {
            var reply = (RedisResult[])(await connection.ExecuteAsync(
                db => RedisScripts.FindDue.EvaluateAsync(
                    db,
                    [.. group.SelectMany(partition => (RedisKey[])[RedisKeys.Due(partition), RedisKeys.Claims(partition)])],
                    [limitOfEach]),
                cancellationToken,
                timeout: RedisConnection.FleetTimeout))!;
            fleet.ReportLook(group, isReached: true);
            clock.Update((long)reply[0]);
            var now = StoreTime.ToTime((long)reply[0] / 1_000);
            var found = await Task.WhenAll(
                group.Zip(reply.Skip(1), (partition, looked) => TakeAsync(partition, (RedisValue[])looked!, now, cancellationToken)));
            return found.SelectMany(due => due);
        }
        catch (Exception e)
        {
            // The partitions of a group that one damaged partition kept from being read are read one by one.
            if (e is StoreUnavailableException || group.Length == 1)
            {
                Array.ForEach(group, partition => schedule.Expect(partition, RetryDelay));
            }

            if (e is StoreUnavailableException)
            {
                fleet.ReportLook(group, isReached: false);
            }

            throw;
        }
    }

    private async Task<DueMerchant[]> TakeAsync(int partition, RedisValue[] found, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var due = await Task.WhenAll(found.Skip(2).Chunk(2)
            .Select(pair => DecodeAsync(partition, pair[0].ToString(), score: pair[1], now, cancellationToken)));
        if (due.Length == 0 && TryDecode(found[0], out var earliest))
        {
            // By the clock of the server that is responsible for the partition: in a Cluster, the clocks of primaries may differ.
            schedule.Expect(partition, earliest - now);
        }

        if (found[1] == 1)
        {
            claims.Expect(partition);
        }

        return due;
    }

    // A deadline that is not a time is damaged. The merchant is due at once, which stores its real deadline again.
    private async Task<DueMerchant> DecodeAsync(
        int partition, string merchantId, RedisValue score, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!TryDecode(score, out var deadline))
        {
            Log.InvalidDeadline(logger, merchantId, score);
            await MoveAsync(partition, merchantId, score, now, cancellationToken);
            deadline = now;
        }

        return new DueMerchant(merchantId, deadline);
    }

    private static bool TryDecode(RedisValue score, out DateTimeOffset deadline)
    {
        deadline = default;
        return score.TryParse(out double milliseconds) && StoreTime.TryToTime(milliseconds, out deadline);
    }

    private Task<RedisResult> MoveAsync(
        int partition, string merchantId, RedisValue expected, DateTimeOffset? deadline, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(
            db => RedisScripts.Reschedule.EvaluateAsync(
                db,
                [RedisKeys.Due(partition)],
                [merchantId, expected, ToArgument(deadline)]),
            cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(6271, LogLevel.Error, "The deadline of merchant {MerchantId}, '{Score}', is damaged. It is found out again from the record.")]
        public static partial void InvalidDeadline(ILogger logger, string merchantId, RedisValue score);
    }
}
