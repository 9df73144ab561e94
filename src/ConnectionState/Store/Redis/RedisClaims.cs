using System.Collections.Concurrent;
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
    // Of each partition at a time, so that none with many claims holds up the others.
    private const int PageSize = 128;

    // Beyond it, the log would not help.
    private const int MaxReported = 1_000;

    private readonly bool[] mayHaveClaims = new bool[RedisKeys.PartitionCount];

    // The next page of each partition begins after these entries, which have the same time; at the oldest claim if there are none.
    private readonly SortedSetEntry[][] pageEnds = [.. Enumerable.Repeat<SortedSetEntry[]>([], RedisKeys.PartitionCount)];
    private readonly ConcurrentDictionary<int, string> damaged = [];
    private readonly ConcurrentDictionary<string, bool> reported = new(StringComparer.Ordinal);

    /// <summary>Tells that a partition has a claim.</summary>
    public void Expect(int partition) => Volatile.Write(ref mayHaveClaims[partition], true);

    /// <summary>
    /// Finds claims in the partitions of this process, oldest first in each of them: of each partition a page, which begins where the page of
    /// the previous call ended. All partitions are read at once, and the claims of those that answer first are returned first. One caller at a time.
    /// </summary>
    public async IAsyncEnumerable<Claim> FindAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var scan = new PartitionScan(damaged, logger);
        var partitions = Enumerable.Range(0, RedisKeys.PartitionCount)
            .Where(partition => Volatile.Read(ref mayHaveClaims[partition]) && schedule.IsAssigned(partition));
        var reads = partitions.Select(partition => scan.ReadAsync([partition], _ => ReadPageAsync(partition, cancellationToken)));
        await foreach (var read in Task.WhenEach(reads).WithCancellation(cancellationToken))
        {
            foreach (var claim in await read)
            {
                yield return claim;
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
        db => RedisScripts.RemoveClaim.EvaluateAsync(
            db,
            [RedisKeys.Claims(RedisKeys.PartitionOf(claim.MerchantId))],
            [Encode(claim), claim.GrantedAt.ToUnixTimeMilliseconds()]),
        cancellationToken);

    /// <summary>Returns a claim as it is stored, without its time: <c>provider/page id/merchant</c>.</summary>
    public static string Encode(Claim claim) => RedisKeys.PageEntry(claim.Page, claim.MerchantId);

    private async Task<IEnumerable<Claim>> ReadPageAsync(int partition, CancellationToken cancellationToken)
    {
        // Before the read: a claim that is stored meanwhile sets it again.
        Volatile.Write(ref mayHaveClaims[partition], false);
        try
        {
            // By time, not by rank: ranks change when claims of earlier pages are removed.
            var after = pageEnds[partition];
            var entries = await connection.ExecuteAsync(
                db => db.SortedSetRangeByScoreWithScoresAsync(
                    RedisKeys.Claims(partition),
                    start: after.Length > 0 ? after[0].Score : double.NegativeInfinity,
                    take: PageSize + after.Length,
                    flags: CommandFlags.DemandMaster),
                cancellationToken,
                timeout: RedisConnection.FleetTimeout);
            SortedSetEntry[] page = [.. entries.Except(after).Take(PageSize)];
            Claim[] claims = [.. page.Select(TryDecode).OfType<Claim>()];
            var isLast = page.Length < PageSize;
            pageEnds[partition] = isLast ? [] : [.. after.Concat(page).Where(entry => entry.Score.Equals(page[^1].Score))];
            if (claims.Length > 0 || !isLast || after.Length > 0)
            {
                Expect(partition);
            }

            return claims;
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
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var provider)
            && Enum.IsDefined((Provider)provider)
            && StoreTime.TryToTime(entry.Score, out var grantedAt))
        {
            return new Claim(merchantId, new PageRef((Provider)provider, pageId), grantedAt);
        }

        var text = $"{entry.Element} {entry.Score}";
        if (reported.Count < MaxReported && reported.TryAdd(text, true))
        {
            Log.InvalidClaim(logger, text);
        }

        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(6261, LogLevel.Error, "The entry '{Entry}' in a set of claims is not a claim. It is skipped.")]
        public static partial void InvalidClaim(ILogger logger, string entry);
    }
}
