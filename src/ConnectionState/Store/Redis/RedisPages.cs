using System.Collections.Immutable;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The index from pages to merchants. It is in other slots than the merchants, so an entry is added before the commit that lists the page
/// and removed after the commit that no longer lists it: after a crash in between, the index may name too many merchants, never too few.
/// Each entry holds the revision at which the page was listed, so that a late removal does not remove a page that was listed again.
/// </summary>
internal sealed class RedisPages(RedisConnection connection)
{
    /// <summary>Whether a commit may have entries to add, which <see cref="AddAsync"/> waits for. Most commits have none.</summary>
    public static bool MayAdd(CommitRequest request) => request.Claim is not null || !ListsSamePages(request);

    /// <summary>Adds entries for the pages that a commit newly lists or claims. Most commits do neither.</summary>
    public Task AddAsync(CommitRequest request, CancellationToken cancellationToken) =>
        MayAdd(request) ? AddChangedAsync(request, cancellationToken) : Task.CompletedTask;

    /// <summary>Removes the entries of pages that a stored commit no longer lists.</summary>
    public Task RemoveAsync(CommitRequest request) => ListsSamePages(request)
        ? Task.CompletedTask
        : RemoveAsync(Listed(request.Expected.Record).Except(Listed(request.Record)), request.Record.MerchantId, request.Record.Revision);

    /// <summary>Removes the entries that a rejected commit had added, given the record that is stored instead.</summary>
    public Task RemoveAsync(CommitRequest rejected, MerchantRecord current) => RemoveAsync(
        Listed(rejected.Record).Except(Listed(rejected.Expected.Record)).Except(Listed(current)),
        current.MerchantId,
        Math.Min(rejected.Record.Revision, current.Revision));

    /// <summary>Returns the merchants that may list the page, ordered.</summary>
    public async Task<ImmutableArray<string>> FindAsync(PageRef page, CancellationToken cancellationToken)
    {
        var entries = await connection.ExecuteAsync(db => db.HashKeysAsync(RedisKeys.Pages(page), CommandFlags.DemandMaster), cancellationToken);
        var prefix = RedisKeys.PageEntry(page, "");
        return
        [
            .. entries.Select(entry => entry.ToString())
                .Where(entry => entry.StartsWith(prefix, StringComparison.Ordinal))
                .Select(entry => entry[prefix.Length..])
                .Order(StringComparer.Ordinal),
        ];
    }

    private async Task AddChangedAsync(CommitRequest request, CancellationToken cancellationToken)
    {
        var pages = Listed(request.Record).Except(Listed(request.Expected.Record));
        if (request.Claim is { } claim)
        {
            pages = pages.Add(claim.Page);
        }

        await Task.WhenAll(pages.Select(page => connection.ExecuteAsync(
            db => db.ScriptEvaluateAsync(
                RedisScripts.AddPage,
                [RedisKeys.Pages(page)],
                [RedisKeys.PageEntry(page, request.Record.MerchantId), request.Record.Revision],
                CommandFlags.DemandMaster),
            cancellationToken)));
    }

    // Never fails: an entry that is left over is harmless.
    private async Task RemoveAsync(ImmutableHashSet<PageRef> pages, string merchantId, long revision)
    {
        try
        {
            await Task.WhenAll(pages.Select(page => connection.ExecuteAsync(
                db => db.ScriptEvaluateAsync(
                    RedisScripts.RemovePage,
                    [RedisKeys.Pages(page)],
                    [RedisKeys.PageEntry(page, merchantId), revision, RedisKeys.PageRegister(page), merchantId],
                    CommandFlags.DemandMaster),
                CancellationToken.None)));
        }
        catch (Exception e) when (e is StoreUnavailableException or RedisServerException)
        {
            // Every search for the page checks its entries against the records.
        }
    }

    // Most commits do. Compared without a set, because every commit is asked.
    private static bool ListsSamePages(CommitRequest request)
    {
        var (before, after) = (request.Expected.Record.Connections, request.Record.Connections);
        if (before.Length != after.Length)
        {
            return false;
        }

        for (var i = 0; i < before.Length; i++)
        {
            if (before[i].IsListed != after[i].IsListed || before[i].Page != after[i].Page)
            {
                return false;
            }
        }

        return true;
    }

    private static ImmutableHashSet<PageRef> Listed(MerchantRecord record) => [.. PageList.Listed(record).Select(c => c.Page)];
}
