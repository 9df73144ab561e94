using System.Collections.Immutable;
using System.Diagnostics;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Merchants;

/// <summary>One merchant's connection to a page.</summary>
internal readonly record struct PageConnection(string MerchantId, Connection Connection);

/// <summary>The merchants that list a page.</summary>
/// <param name="Connections">Their connections to the page, by merchant id.</param>
/// <param name="Unreadable">How many records are unreadable.</param>
internal sealed record FoundConnections(ImmutableArray<PageConnection> Connections, int Unreadable);

/// <summary>A part of a merchant's history.</summary>
/// <param name="Commits">The commits, oldest first, with the changes that were asked for.</param>
/// <param name="LastRevision">The last revision that was read; continue after it.</param>
/// <param name="More">True if there may be more commits after <paramref name="LastRevision"/>.</param>
/// <param name="Trimmed">True if commits right after the requested revision are no longer kept.</param>
internal sealed record FoundChanges(IReadOnlyList<Commit> Commits, long LastRevision, bool More, bool Trimmed);

/// <summary>Answers reads. All methods read the store, never a cache.</summary>
/// <remarks>
/// Every method throws <see cref="StoreUnavailableException"/> if the store does not answer, and, unless it says otherwise,
/// <see cref="RecordUnreadableException"/> if the stored data of the merchant is unreadable.
/// </remarks>
internal sealed class MerchantQueries(IMerchantRecords records, IMerchantHistory history, IPageIndex pages, Instruments instruments)
{
    private const int BatchSize = 256;

    /// <summary>Reads a merchant's record.</summary>
    public async Task<MerchantRecord> GetAsync(string merchantId, CancellationToken cancellationToken) =>
        (await records.ReadAsync(merchantId, cancellationToken)).Record;

    /// <summary>Finds the merchants that may list a page, ordered by id. A superset: read the records to be sure.</summary>
    public ValueTask<ImmutableArray<string>> FindMerchantsAsync(PageRef page, CancellationToken cancellationToken) =>
        pages.FindMerchantsAsync(page, cancellationToken);

    /// <summary>Finds the merchants that list a page. Unreadable records are counted and skipped.</summary>
    public async Task<FoundConnections> FindConnectionsAsync(PageRef page, CancellationToken cancellationToken)
    {
        var found = ImmutableArray.CreateBuilder<PageConnection>();
        var unreadable = 0;
        foreach (var merchantId in await FindMerchantsAsync(page, cancellationToken))
        {
            try
            {
                if ((await GetAsync(merchantId, cancellationToken)).Find(page) is { IsListed: true } connection)
                {
                    found.Add(new PageConnection(merchantId, connection));
                }
            }
            catch (RecordUnreadableException)
            {
                instruments.UnreadableRecords.Add(1);
                unreadable++;
            }
        }

        return new FoundConnections(found.ToImmutable(), unreadable);
    }

    /// <summary>Reads a merchant's changes after a revision.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="page">Only changes of this page, or null for all changes.</param>
    /// <param name="afterRevision">The revision to continue after; 0 for the whole history.</param>
    /// <param name="limit">Stop at this many changes. A commit is never split, so there may be a few more.</param>
    /// <param name="cancellationToken">Stops the read between two batches.</param>
    public async Task<FoundChanges> ListChangesAsync(
        string merchantId, PageRef? page, long afterRevision, int limit, CancellationToken cancellationToken)
    {
        var found = new List<Commit>();
        var count = 0;
        bool? trimmed = null;
        while (true)
        {
            var commits = await history.ReadCommitsAsync(merchantId, afterRevision, BatchSize, cancellationToken);
            trimmed ??= !commits.IsEmpty && commits[0].Revision > afterRevision + 1;
            foreach (var commit in commits)
            {
                var matching = commit with { Changes = [.. commit.Changes.Where(change => page is null || PageOf(change) == page)] };
                found.Add(matching);
                count += matching.Changes.Length;
                afterRevision = commit.Revision;
                if (count >= limit)
                {
                    return new FoundChanges(found, afterRevision, commit != commits[^1] || commits.Length == BatchSize, trimmed.Value);
                }
            }

            if (commits.Length < BatchSize)
            {
                return new FoundChanges(found, afterRevision, More: false, trimmed.Value);
            }
        }
    }

    // Null for plan changes, and for a session before a page is chosen.
    private static PageRef? PageOf(Change change) => change switch
    {
        Change.Transition c => c.Page,
        Change.Acknowledged c => c.Page,
        Change.ExpiryWarning c => c.Page,
        Change.SessionMoved c => c.Page,
        Change.PlanChanged => null,
        _ => throw new UnreachableException(),
    };
}
