using System.Globalization;
using System.Runtime.CompilerServices;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The claims that wait to be settled, by partition of the merchant that made them. A partition is read only while it may have claims: since
/// a commit with a claim, or a look at its deadlines, told so.
/// </summary>
internal sealed partial class RedisClaims(RedisConnection connection, DeadlineSchedule schedule, ILogger logger)
{
    private readonly bool[] mayHaveClaims = new bool[RedisKeys.PartitionCount];

    /// <summary>Tells that a partition has a claim.</summary>
    public void Expect(int partition) => Volatile.Write(ref mayHaveClaims[partition], true);

    /// <summary>Finds the claims in the partitions of this process, oldest first in each of them.</summary>
    public async IAsyncEnumerable<Claim> FindAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var scan = new PartitionScan(logger);
        for (var partition = 0; partition < RedisKeys.PartitionCount; partition++)
        {
            if (Volatile.Read(ref mayHaveClaims[partition]) && schedule.IsAssigned(partition))
            {
                foreach (var claim in await scan.ReadAsync([[partition]], group => FindInAsync(group[0], cancellationToken)))
                {
                    yield return claim;
                }
            }
        }

        scan.ThrowIfAllFailed();
    }

    /// <summary>Whether a claim is not settled yet.</summary>
    public async Task<bool> ContainsAsync(string merchantId, PageRef page, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(
            db => db.SortedSetScoreAsync(
                RedisKeys.Claims(RedisKeys.PartitionOf(merchantId)), RedisKeys.PageEntry(page, merchantId), CommandFlags.DemandMaster),
            cancellationToken) is not null;

    /// <summary>Removes a settled claim. A newer claim of the same merchant to the same page stays.</summary>
    public async Task RemoveAsync(Claim claim, CancellationToken cancellationToken) => await connection.ExecuteAsync(
        db => db.ScriptEvaluateAsync(
            RedisScripts.RemoveClaim,
            [RedisKeys.Claims(RedisKeys.PartitionOf(claim.MerchantId))],
            [Encode(claim), claim.GrantedAt.ToUnixTimeMilliseconds()],
            CommandFlags.DemandMaster),
        cancellationToken);

    /// <summary>Returns a claim as it is stored, without its time: <c>provider/page id/merchant</c>.</summary>
    public static string Encode(Claim claim) => RedisKeys.PageEntry(claim.Page, claim.MerchantId);

    private async Task<IEnumerable<Claim>> FindInAsync(int partition, CancellationToken cancellationToken)
    {
        // Before the read: a claim that is stored meanwhile sets it again.
        Volatile.Write(ref mayHaveClaims[partition], false);
        try
        {
            var entries = await connection.ExecuteAsync(
                db => db.SortedSetRangeByRankWithScoresAsync(RedisKeys.Claims(partition), flags: CommandFlags.DemandMaster), cancellationToken);
            if (entries.Length > 0)
            {
                Expect(partition);
            }

            return [.. entries.Select(TryDecode).OfType<Claim>()];
        }
        catch
        {
            Expect(partition);
            throw;
        }
    }

    private Claim? TryDecode(SortedSetEntry entry)
    {
        if (entry.Element.ToString().Split('/', 3) is [var number, var pageId, var merchantId]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var provider))
        {
            return new Claim(merchantId, new PageRef((Provider)provider, pageId), StoreTime.ToTime((long)entry.Score));
        }

        Log.InvalidClaim(logger, entry.Element.ToString());
        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The entry '{Entry}' in the set of claims is not a claim; it is skipped.")]
        public static partial void InvalidClaim(ILogger logger, string entry);
    }
}
