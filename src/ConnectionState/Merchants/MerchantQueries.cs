using System.Collections.Immutable;
using System.Diagnostics;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;

namespace ConnectionStateService.Merchants;

/// <summary>One merchant's connection to a page.</summary>
internal readonly record struct PageConnection(string MerchantId, Connection Connection);

/// <summary>The merchants that list a page.</summary>
/// <param name="Connections">Their connections to the page, by merchant id.</param>
/// <param name="Unreadable">How many records are unreadable.</param>
internal sealed record FoundConnections(ImmutableArray<PageConnection> Connections, int Unreadable);

/// <summary>A part of a merchant's history.</summary>
/// <param name="Commits">The commits, oldest first, with the changes that were asked for.</param>
/// <param name="Position">The last commit that was read; continue after it.</param>
/// <param name="More">True if there may be more commits after <paramref name="Position"/>.</param>
/// <param name="Trimmed">True if commits right after the requested position are no longer kept.</param>
/// <param name="IsReplaced">True if the history does not have the requested position; it is then read from its beginning.</param>
internal sealed record FoundChanges(IReadOnlyList<Commit> Commits, HistoryPosition Position, bool More, bool Trimmed, bool IsReplaced);

/// <summary>Answers reads. All methods read the store, never a cache.</summary>
/// <remarks>
/// Every method throws <see cref="StoreUnavailableException"/> if the store does not answer, and, unless it says otherwise,
/// <see cref="RecordUnreadableException"/> if the stored data of the merchant is unreadable.
/// </remarks>
internal sealed class MerchantQueries(
    IMerchantRecords records, IMerchantHistory history, IPageIndex pages, IAccountIndex accounts, Instruments instruments)
{
    private const int BatchSize = 256;

    /// <summary>Reads the page list part of a merchant as stored.</summary>
    public ValueTask<StoredMerchant> ReadAsync(string merchantId, CancellationToken cancellationToken) =>
        records.ReadAsync(merchantId, MerchantParts.PageList, cancellationToken);

    /// <summary>Reads the page list part of a merchant's record.</summary>
    public Task<MerchantRecord> GetAsync(string merchantId, CancellationToken cancellationToken) =>
        GetAsync(merchantId, MerchantParts.PageList, cancellationToken);

    /// <summary>Reads a merchant's record.</summary>
    public async Task<MerchantRecord> GetAsync(string merchantId, MerchantParts parts, CancellationToken cancellationToken) =>
        (await records.ReadAsync(merchantId, parts, cancellationToken)).Record;

    /// <summary>Reads several merchants. One that is unreadable does not fail the others.</summary>
    public ValueTask<ImmutableArray<MerchantRead>> ReadManyAsync(
        ImmutableArray<string> merchantIds, MerchantParts parts, CancellationToken cancellationToken) =>
        records.ReadManyAsync(merchantIds, parts, cancellationToken);

    /// <summary>Finds the merchants that may list a page, ordered by id. A superset: read the records to be sure.</summary>
    public ValueTask<ImmutableArray<string>> FindMerchantsAsync(PageRef page, CancellationToken cancellationToken) =>
        pages.FindMerchantsAsync(page, cancellationToken);

    /// <summary>
    /// Finds the merchants that may have a listed connection that uses an account, ordered by id. A superset: read the records to be sure.
    /// </summary>
    public ValueTask<ImmutableArray<string>> FindMerchantsAsync(AccountRef account, CancellationToken cancellationToken) =>
        accounts.FindMerchantsAsync(account, cancellationToken);

    /// <summary>Returns the commit that made a revision, or null if it is no longer kept.</summary>
    public async Task<Commit?> FindCommitAsync(string merchantId, long revision, CancellationToken cancellationToken)
    {
        var commits = await history.ReadCommitsAsync(merchantId, revision - 1, 1, cancellationToken);
        return commits is [{ } commit] && commit.Revision == revision ? commit : null;
    }

    /// <summary>Finds the merchants that list a page. Unreadable records are counted and skipped.</summary>
    public async Task<FoundConnections> FindConnectionsAsync(PageRef page, CancellationToken cancellationToken)
    {
        var merchantIds = await FindMerchantsAsync(page, cancellationToken);
        var found = await FanOut.RunAsync(merchantIds, (id, token) => FindConnectionAsync(id, page, token), cancellationToken);
        var unreadable = found.Count(f => f.IsUnreadable);
        instruments.UnreadableRecords.Add(unreadable);
        return new FoundConnections(
            [.. found.Zip(merchantIds).Where(f => f.First.Connection is not null).Select(f => new PageConnection(f.Second, f.First.Connection!))],
            unreadable);
    }

    private async Task<(Connection? Connection, bool IsUnreadable)> FindConnectionAsync(
        string merchantId, PageRef page, CancellationToken cancellationToken)
    {
        try
        {
            var connection = (await GetAsync(merchantId, cancellationToken)).Find(page);
            return (connection is { IsListed: true } ? connection : null, false);
        }
        catch (RecordUnreadableException)
        {
            return (null, true);
        }
    }

    /// <summary>Reads a merchant's changes after a position.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="page">Only changes of this page, or null for all changes.</param>
    /// <param name="after">The position to continue after; without a commit id, its revision is not checked.</param>
    /// <param name="limit">Stop at this many changes. A commit is never split, so there may be a few more.</param>
    /// <param name="cancellationToken">Stops the read between two batches.</param>
    public async Task<FoundChanges> ListChangesAsync(
        string merchantId, PageRef? page, HistoryPosition after, int limit, CancellationToken cancellationToken)
    {
        var isReplaced = false;
        if (after.Revision > 0)
        {
            var commits = await history.ReadCommitsAsync(merchantId, after.Revision - 1, 1, cancellationToken);
            var found = commits.IsEmpty ? default : new HistoryPosition(commits[0].Revision, commits[0].Id);

            // A history that does not reach the position, or has another commit there, is not the one that the caller knows.
            isReplaced = commits.IsEmpty || (found.Revision == after.Revision && after.CommitId != 0 && found != after);
            after = isReplaced ? default
                : found.Revision == after.Revision ? found
                : after;
        }

        return await ReadChangesAsync(merchantId, page, after, limit, cancellationToken) with { IsReplaced = isReplaced };
    }

    private async Task<FoundChanges> ReadChangesAsync(
        string merchantId, PageRef? page, HistoryPosition position, int limit, CancellationToken cancellationToken)
    {
        var found = new List<Commit>();
        var count = 0;
        bool? trimmed = null;
        while (true)
        {
            var commits = await history.ReadCommitsAsync(merchantId, position.Revision, BatchSize, cancellationToken);
            trimmed ??= !commits.IsEmpty && commits[0].Revision > position.Revision + 1;
            foreach (var commit in commits)
            {
                var matching = commit with { Changes = [.. commit.Changes.Where(change => page is null || PageOf(change) == page)] };
                found.Add(matching);
                count += matching.Changes.Length;
                position = new HistoryPosition(commit.Revision, commit.Id);
                if (count >= limit)
                {
                    var more = commit != commits[^1] || commits.Length == BatchSize;
                    return new FoundChanges(found, position, more, trimmed.Value, IsReplaced: false);
                }
            }

            if (commits.Length < BatchSize)
            {
                return new FoundChanges(found, position, More: false, trimmed.Value, IsReplaced: false);
            }
        }
    }

    // Null for plan changes, for an erasure, and for a session before a page is chosen.
    private static PageRef? PageOf(Change change) => change switch
    {
        Change.Transition c => c.Page,
        Change.Acknowledged c => c.Page,
        Change.ExpiryWarning c => c.Page,
        Change.SessionMoved c => c.Page,
        Change.HealthChanged c => c.Page,
        Change.PlanChanged or Change.Erased or Change.Imported => null,
        _ => throw new UnreachableException(),
    };
}
