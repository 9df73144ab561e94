using System.Collections.Immutable;
using System.Globalization;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The claims that wait to be settled, by partition of the merchant that made them.</summary>
internal sealed partial class RedisClaims(RedisConnection connection, ILogger logger)
{
    /// <summary>Finds the claims granted before a time, oldest first.</summary>
    public async Task<ImmutableArray<Claim>> FindAsync(DateTimeOffset grantedBefore, int limit, CancellationToken cancellationToken)
    {
        var scan = new PartitionScan(logger);
        var claims = await scan.ReadAsync(
            Enumerable.Range(0, RedisKeys.PartitionCount), partition => FindInAsync(partition, grantedBefore, limit, cancellationToken));
        scan.ThrowIfAllFailed();
        return [.. claims.OrderBy(claim => claim.GrantedAt).Take(limit)];
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

    private async Task<Claim[]> FindInAsync(int partition, DateTimeOffset grantedBefore, int limit, CancellationToken cancellationToken)
    {
        var entries = await connection.ExecuteAsync(
            db => db.SortedSetRangeByScoreWithScoresAsync(
                RedisKeys.Claims(partition),
                stop: grantedBefore.ToUnixTimeMilliseconds(),
                exclude: Exclude.Stop,
                take: limit,
                flags: CommandFlags.DemandMaster),
            cancellationToken);
        return [.. entries.Select(TryDecode).OfType<Claim>()];
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
