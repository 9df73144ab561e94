using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.ExceptionServices;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>What is due, and which claims wait to be settled, over all partitions.</summary>
internal sealed partial class RedisDeadlines(RedisConnection connection, RedisClock clock, ILogger logger)
{
    // Few partitions at a time, and few merchants of each, so that other replicas find work too.
    private const int Wave = 32;
    private const int LeastOfEach = 16;

    // Longer than a batch takes. A replica that takes longer, or ended, is joined by another: twice the same work does no harm.
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(2);

    private readonly string self = Guid.NewGuid().ToString("N");

    public async Task<ImmutableArray<DueMerchant>> FindDueAsync(int limit, CancellationToken cancellationToken)
    {
        var found = new List<DueMerchant>();
        var failures = new Failures(logger);
        foreach (var wave in Shuffled().Chunk(Wave))
        {
            var ofEach = Math.Max(Math.Min(LeastOfEach, limit), (limit - found.Count) / Wave);
            var answers = await Task.WhenAll(wave.Select(partition => failures.TryAsync(() => DueOfAsync(partition, ofEach, cancellationToken))));
            found.AddRange(answers.SelectMany(answer => answer));
            if (found.Count >= limit || (found.Count > 0 && failures.Any))
            {
                // What was found is not to wait for what does not answer.
                break;
            }
        }

        failures.ThrowIfAll();
        return [.. found.OrderBy(due => due.Deadline).Take(limit)];
    }

    public async Task RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken) =>
        await connection.AskAsync(
            db => db.ScriptEvaluateAsync(
                RedisScripts.Reschedule,
                [RedisKeys.Due(RedisKeys.PartitionOf(due.MerchantId))],
                [due.MerchantId, StoreTime.NotBefore(due.Deadline), Milliseconds(deadline)],
                CommandFlags.DemandMaster),
            cancellationToken);

    public async Task<ImmutableArray<Claim>> FindClaimsAsync(
        DateTimeOffset grantedBefore, int limit, CancellationToken cancellationToken)
    {
        var failures = new Failures(logger);
        var answers = await Task.WhenAll(Enumerable.Range(0, RedisKeys.PartitionCount).Select(partition =>
            failures.TryAsync(() => ClaimsOfAsync(partition, grantedBefore, limit, cancellationToken))));
        failures.ThrowIfAll();
        return [.. answers.SelectMany(answer => answer).OrderBy(claim => claim.GrantedAt).Take(limit)];
    }

    public async Task RemoveClaimAsync(Claim claim, CancellationToken cancellationToken) => await connection.AskAsync(
        db => db.ScriptEvaluateAsync(
            RedisScripts.Settle,
            [RedisKeys.Claims(RedisKeys.PartitionOf(claim.MerchantId))],
            [NameOf(claim), claim.GrantedAt.ToUnixTimeMilliseconds()],
            CommandFlags.DemandMaster),
        cancellationToken);

    /// <summary>A deadline as scripts take it.</summary>
    public static RedisValue Milliseconds(DateTimeOffset? deadline) => deadline is { } time ? StoreTime.NotBefore(time) : "";

    /// <summary>A claim as it is stored.</summary>
    public static string NameOf(Claim claim) => RedisKeys.PageEntry(claim.Page, claim.MerchantId);

    private Claim? ClaimOf(SortedSetEntry entry)
    {
        if (entry.Element.ToString().Split('/', 3) is [var number, var pageId, var merchantId]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var provider))
        {
            return new Claim(merchantId, new PageRef((Provider)provider, pageId), StoreTime.ToTime((long)entry.Score));
        }

        Log.NoClaim(logger, entry.Element.ToString());
        return null;
    }

    private static int[] Shuffled()
    {
        int[] partitions = [.. Enumerable.Range(0, RedisKeys.PartitionCount)];
        Random.Shared.Shuffle(partitions);
        return partitions;
    }

    private async Task<DueMerchant[]> DueOfAsync(int partition, int limit, CancellationToken cancellationToken)
    {
        var answer = await connection.AskAsync(
            db => db.ScriptEvaluateAsync(
                RedisScripts.Due,
                [RedisKeys.Due(partition), RedisKeys.Lease(partition)],
                [self, (long)LeaseTime.TotalMilliseconds, limit],
                CommandFlags.DemandMaster),
            cancellationToken);
        var values = (RedisValue[])answer!;
        clock.Hear((long)values[0]);
        return [.. values.Skip(1).Chunk(2).Select(pair => new DueMerchant(pair[0].ToString(), StoreTime.ToTime((long)pair[1])))];
    }

    private async Task<Claim[]> ClaimsOfAsync(int partition, DateTimeOffset grantedBefore, int limit, CancellationToken cancellationToken)
    {
        var entries = await connection.AskAsync(
            db => db.SortedSetRangeByScoreWithScoresAsync(
                RedisKeys.Claims(partition),
                stop: grantedBefore.ToUnixTimeMilliseconds(),
                exclude: Exclude.Stop,
                take: limit,
                flags: CommandFlags.DemandMaster),
            cancellationToken);
        return [.. entries.Select(ClaimOf).OfType<Claim>()];
    }

    /// <summary>Partitions that do not answer, or wrongly: the others go on without them, as long as one does answer.</summary>
    private sealed class Failures(ILogger logger)
    {
        private bool answered;
        private Exception? failure;

        public bool Any => failure is not null;

        public async Task<T[]> TryAsync<T>(Func<Task<T[]>> ask)
        {
            try
            {
                var answer = await ask();
                answered = true;
                return answer;
            }
            catch (StoreUnavailableException e)
            {
                failure = e;
                return [];
            }
            catch (RedisServerException e)
            {
                failure = e;
                Log.Unreadable(logger, e);
                return [];
            }
        }

        public void ThrowIfAll()
        {
            if (!answered && failure is not null)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "What is due in a partition cannot be read; the timer goes on with the others.")]
        public static partial void Unreadable(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "'{Entry}' among the claims is none; it is left alone.")]
        public static partial void NoClaim(ILogger logger, string entry);
    }
}
