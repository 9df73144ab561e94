using System.Collections.Immutable;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The index from pages to merchants. It lies apart from the merchants, so it is written before the commit that lists a page and cleaned
/// after the one that does not: whatever ends in between, it has too many merchants and never too few. Each entry holds the revision at
/// which the page was listed, so that late cleaning does not remove what was listed again.
/// </summary>
internal sealed class RedisPages(RedisConnection connection)
{
    /// <summary>Enters the merchant at the pages that a commit lists anew, or claims. The usual commit does neither.</summary>
    public async Task EnterAsync(CommitRequest request, CancellationToken cancellationToken)
    {
        var pages = Listed(request.Record).Except(Listed(request.Read.Record));
        if (request.Claim is { } claim)
        {
            pages = pages.Add(claim.Page);
        }

        await Task.WhenAll(pages.Select(page => connection.AskAsync(
            db => EvaluateAsync(db, RedisScripts.Enter, page, request.Record.MerchantId, request.Record.Revision), cancellationToken)));
    }

    /// <summary>Cleans up after a commit that was stored.</summary>
    public Task LeaveAsync(CommitRequest request) =>
        LeaveAsync(Listed(request.Read.Record).Except(Listed(request.Record)), request.Record.MerchantId, request.Record.Revision);

    /// <summary>Cleans up after a commit that was not stored, given what was stored instead.</summary>
    public Task LeaveAsync(CommitRequest lost, MerchantRecord current) => LeaveAsync(
        Listed(lost.Record).Except(Listed(lost.Read.Record)).Except(Listed(current)),
        current.MerchantId,
        Math.Min(lost.Record.Revision, current.Revision));

    /// <summary>The merchants that may have the page listed, ordered.</summary>
    public async Task<ImmutableArray<string>> FindAsync(PageRef page, CancellationToken cancellationToken)
    {
        var entries = await connection.AskAsync(db => db.HashKeysAsync(RedisKeys.Pages(page), CommandFlags.DemandMaster), cancellationToken);
        var wanted = RedisKeys.PageEntry(page, "");
        return
        [
            .. entries.Select(entry => entry.ToString())
                .Where(entry => entry.StartsWith(wanted, StringComparison.Ordinal))
                .Select(entry => entry[wanted.Length..])
                .Order(StringComparer.Ordinal),
        ];
    }

    // Nobody waits for it in vain: what is left over is harmless.
    private async Task LeaveAsync(ImmutableHashSet<PageRef> pages, string merchantId, long revision)
    {
        try
        {
            await Task.WhenAll(pages.Select(page => connection.AskAsync(
                db => EvaluateAsync(db, RedisScripts.Leave, page, merchantId, revision), CancellationToken.None)));
        }
        catch (Exception e) when (e is StoreUnavailableException or RedisServerException)
        {
            // Found again, and checked against the record, whenever the page is looked for.
        }
    }

    private static Task<RedisResult> EvaluateAsync(IDatabase db, string script, PageRef page, string merchantId, long revision) =>
        db.ScriptEvaluateAsync(
            script, [RedisKeys.Pages(page)], [RedisKeys.PageEntry(page, merchantId), revision], CommandFlags.DemandMaster);

    private static ImmutableHashSet<PageRef> Listed(MerchantRecord record) => [.. PageList.Listed(record).Select(c => c.Page)];
}
