using System.Collections.Immutable;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The index from pages, and from accounts, to merchants. It is in other slots than the merchants, so an entry is added before the commit that lists the
/// page and removed after the commit that no longer lists it: after a crash in between, the index may name too many merchants, never too few.
/// Each entry holds the revision at which the page was listed, so that a late removal does not remove a page that was listed again. Entries of accounts are
/// those of the listed pages that use them.
/// </summary>
internal sealed class RedisMerchantIndex(RedisConnection connection)
{
    /// <summary>Whether a commit may have entries to add, which <see cref="AddAsync"/> waits for. Most commits have none.</summary>
    public static bool MayAdd(CommitRequest request) => request.Claim is not null || !request.ListsTheSame();

    /// <summary>Adds entries for what a commit newly lists or claims. Most commits do neither.</summary>
    public Task AddAsync(CommitRequest request, CancellationToken cancellationToken) =>
        MayAdd(request) ? AddEntriesAsync(Added(request), request.Record, cancellationToken) : Task.CompletedTask;

    /// <summary>Removes the entries of what a stored commit no longer lists.</summary>
    public Task RemoveAsync(CommitRequest request) => request.ListsTheSame()
        ? Task.CompletedTask
        : TryRemoveEntriesAsync(Only(request.Expected.Record, request.Record), request.Record.MerchantId, request.Record.Revision);

    /// <summary>
    /// Removes the entries that a rejected commit had added, given the record that is stored instead: none if the merchant was erased meanwhile.
    /// </summary>
    public Task RemoveAsync(CommitRequest rejected, MerchantRecord current) => TryRemoveEntriesAsync(
        Only(rejected.Record, rejected.Expected.Record, current),
        current.MerchantId,
        current.Revision == 0 ? rejected.Record.Revision : Math.Min(rejected.Record.Revision, current.Revision));

    /// <summary>Removes all entries that an erased record leads to. It may fail, and can be repeated.</summary>
    public Task RemoveAsync(MerchantRecord erased, CancellationToken cancellationToken) =>
        RemoveEntriesAsync(TermsOf(erased.Connections).Distinct(), erased.MerchantId, erased.Revision, cancellationToken);

    /// <summary>Returns the merchants that may list a page, ordered.</summary>
    public Task<ImmutableArray<string>> FindAsync(PageRef page, CancellationToken cancellationToken) => FindAsync(Term.Of(page), cancellationToken);

    /// <summary>Returns the merchants that may have a listed connection that uses an account, ordered.</summary>
    public Task<ImmutableArray<string>> FindAsync(AccountRef account, CancellationToken cancellationToken) =>
        FindAsync(Term.Of(account), cancellationToken);

    private async Task<ImmutableArray<string>> FindAsync(Term term, CancellationToken cancellationToken)
    {
        var entries = await connection.ExecuteAsync(db => db.HashKeysAsync(term.Key, CommandFlags.DemandMaster), cancellationToken);
        return
        [
            .. entries.Select(entry => entry.ToString())
                .Where(entry => entry.StartsWith(term.Prefix, StringComparison.Ordinal))
                .Select(entry => entry[term.Prefix.Length..])
                .Order(StringComparer.Ordinal),
        ];
    }

    private async Task AddEntriesAsync(IEnumerable<Term> terms, MerchantRecord record, CancellationToken cancellationToken) =>
        await Task.WhenAll(terms.Select(term => connection.ExecuteAsync(
            db => RedisScripts.AddMerchant.EvaluateAsync(db, [term.Key], [term.Prefix + record.MerchantId, record.Revision]),
            cancellationToken)));

    // Never fails: an entry that is left over is harmless.
    private async Task TryRemoveEntriesAsync(IEnumerable<Term> terms, string merchantId, long revision)
    {
        try
        {
            await RemoveEntriesAsync(terms, merchantId, revision, CancellationToken.None);
        }
        catch (Exception e) when (e is StoreUnavailableException or RedisServerException)
        {
            // Every search checks its entries against the records.
        }
    }

    private async Task RemoveEntriesAsync(IEnumerable<Term> terms, string merchantId, long revision, CancellationToken cancellationToken) =>
        await Task.WhenAll(terms.Select(term => connection.ExecuteAsync(
            db => RedisScripts.RemoveMerchant.EvaluateAsync(
                db,
                [term.Key],
                [term.Prefix + merchantId, revision, merchantId, .. term.Register is { } register ? [(RedisValue)register] : Array.Empty<RedisValue>()]),
            cancellationToken)));

    private static IEnumerable<Term> Added(CommitRequest request)
    {
        var added = Only(request.Record, request.Expected.Record);
        return request.Claim is { } claim
            ? added.Append(Term.Of(claim.Page)).Union(request.Record.Find(claim.Page) is { } claimed ? [Term.Of(claimed.Account)] : [])
            : added;
    }

    // What the first record lists and none of the others.
    private static IEnumerable<Term> Only(MerchantRecord record, params MerchantRecord[] others) =>
        TermsOf(PageList.Listed(record)).Except(others.SelectMany(other => TermsOf(PageList.Listed(other))));

    private static IEnumerable<Term> TermsOf(IEnumerable<Connection> connections) =>
        connections.SelectMany(c => (Term[])[Term.Of(c.Page), Term.Of(c.Account)]);

    /// <summary>A page or an account.</summary>
    /// <param name="Key">The hash with its entries.</param>
    /// <param name="Prefix">What its entries begin with. The merchant follows.</param>
    /// <param name="Register">The field of the page's register, or null for an account.</param>
    private readonly record struct Term(RedisKey Key, string Prefix, string? Register)
    {
        public static Term Of(PageRef page) => new(RedisKeys.Pages(page), RedisKeys.PageEntry(page, ""), RedisKeys.PageRegister(page));

        public static Term Of(AccountRef account) => new(RedisKeys.Accounts(account), RedisKeys.AccountEntry(account, ""), null);
    }
}
