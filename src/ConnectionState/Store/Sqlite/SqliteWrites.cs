using ConnectionStateService.Core;
using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>The write statements, prepared on the writer's connection. Used on the writer thread only, inside its transaction.</summary>
internal sealed class SqliteWrites(SqliteConnection connection, int keptCommits) : IDisposable
{
    private readonly SqliteStatement current = new(
        connection, "SELECT revision, commit_id FROM merchant WHERE id = $1", 1);

    private readonly SqliteStatement record = new(
        connection, "SELECT revision, commit_id, record FROM merchant WHERE id = $1", 1);

    private readonly SqliteStatement putMerchant = new(connection, """
        INSERT INTO merchant (id, revision, commit_id, record, due) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET
          revision = excluded.revision, commit_id = excluded.commit_id, record = excluded.record, due = excluded.due
        """, 5);

    private readonly SqliteStatement addHistory = new(
        connection, "INSERT INTO history (merchant, revision, entry) VALUES ($1, $2, $3)", 3);

    private readonly SqliteStatement trimHistory = new(
        connection, "DELETE FROM history WHERE merchant = $1 AND revision <= $2", 2);

    // Entries newer than the record are left from before the record was restored from a backup.
    private readonly SqliteStatement removeNewer = new(
        connection, "DELETE FROM history WHERE merchant = $1 AND revision >= $2", 2);

    private readonly SqliteStatement addPage = new(
        connection, "INSERT OR IGNORE INTO page (provider, page_id, merchant) VALUES ($1, $2, $3)", 3);

    private readonly SqliteStatement removePage = new(
        connection, "DELETE FROM page WHERE provider = $1 AND page_id = $2 AND merchant = $3", 3);

    private readonly SqliteStatement hold = new(
        connection, "SELECT merchant, hold_id FROM page_hold WHERE provider = $1 AND page_id = $2", 2);

    private readonly SqliteStatement putHold = new(
        connection, "INSERT OR REPLACE INTO page_hold (provider, page_id, merchant, hold_id) VALUES ($1, $2, $3, $4)", 4);

    private readonly SqliteStatement removeHold = new(
        connection, "DELETE FROM page_hold WHERE provider = $1 AND page_id = $2 AND merchant = $3", 3);

    private readonly SqliteStatement putClaim = new(connection, """
        INSERT INTO claim (merchant, provider, page_id, granted_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (merchant, provider, page_id) DO UPDATE SET granted_at = excluded.granted_at
        """, 4);

    private readonly SqliteStatement removeClaim = new(
        connection, "DELETE FROM claim WHERE merchant = $1 AND provider = $2 AND page_id = $3 AND granted_at = $4", 4);

    private readonly SqliteStatement reschedule = new(
        connection, "UPDATE merchant SET due = $3 WHERE id = $1 AND due = $2", 3);

    private readonly SqliteStatement putProbe = new(
        connection, "INSERT INTO probe (filler) VALUES (randomblob($1))", 1);

    private readonly SqliteStatement removeProbe = new(connection, "DELETE FROM probe", 0);

    /// <summary>Stores a commit if the merchant has the expected position.</summary>
    /// <returns>True, or false and the current row; null if nothing is stored of the merchant.</returns>
    public (bool Succeeded, MerchantRow? Current) Commit(CommitRequest request, byte[] bytes, byte[] entry)
    {
        var id = request.Record.MerchantId;
        if (!HasExpectedPosition(request))
        {
            using var rows = record.Query(id);
            return (false, rows.Read()
                ? new MerchantRow(rows.GetInt64(0), (ulong)rows.GetInt64(1), rows.GetValue(2) as byte[] ?? [])
                : null);
        }

        var revision = request.Record.Revision;
        putMerchant.Execute(id, revision, (long)request.Commit.Id, bytes, Milliseconds(request.Deadline));
        trimHistory.Execute(id, revision - keptCommits);
        removeNewer.Execute(id, revision);
        addHistory.Execute(id, revision, entry);
        IndexPages(request);
        if (request.Claim is { } claim)
        {
            putClaim.Execute(
                id, (int)claim.Page.Provider, claim.Page.PageId, claim.GrantedAt.ToUnixTimeMilliseconds());
        }

        return (true, null);
    }

    public void Reschedule(DueMerchant due, DateTimeOffset? deadline) =>
        reschedule.Execute(due.MerchantId, Milliseconds(due.Deadline), Milliseconds(deadline));

    /// <summary>Registers a hold if the register has the expected one. Returns the hold that is registered afterwards, or null.</summary>
    public PageHold? Register(PageRef page, PageHold newHold, ulong expectedHoldId)
    {
        PageHold? current;
        using (var rows = hold.Query((int)page.Provider, page.PageId))
        {
            current = rows.Read() ? new PageHold(rows.GetString(0), (ulong)rows.GetInt64(1)) : null;
        }

        if ((current?.HoldId ?? 0) != expectedHoldId)
        {
            return current;
        }

        putHold.Execute((int)page.Provider, page.PageId, newHold.MerchantId, (long)newHold.HoldId);
        return newHold;
    }

    public void RemoveClaim(Claim claim) => removeClaim.Execute(
        claim.MerchantId, (int)claim.Page.Provider, claim.Page.PageId, claim.GrantedAt.ToUnixTimeMilliseconds());

    /// <summary>
    /// Writes a number of random bytes, which no file system can compress, and removes them. The write-ahead log has all of them after the
    /// commit, although they are removed in the same transaction.
    /// </summary>
    public void Probe(long size)
    {
        putProbe.Execute(size);
        removeProbe.Execute();
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])
            [current, record, putMerchant, addHistory, trimHistory, removeNewer, addPage, removePage, hold, putHold, removeHold, putClaim,
             removeClaim, reschedule, putProbe, removeProbe])
        {
            statement.Dispose();
        }
    }

    private static long? Milliseconds(DateTimeOffset? time) => time is { } given ? StoreTime.RoundUp(given) : null;

    private bool HasExpectedPosition(CommitRequest request)
    {
        using var rows = current.Query(request.Record.MerchantId);
        return rows.Read()
            ? rows.GetInt64(0) == request.Expected.Record.Revision && (ulong)rows.GetInt64(1) == request.Expected.CommitId
            : request.Expected.Record.Revision == 0;
    }

    private void IndexPages(CommitRequest request)
    {
        var before = PageList.Listed(request.Expected.Record).Select(c => c.Page).ToHashSet();
        var after = PageList.Listed(request.Record).Select(c => c.Page).ToHashSet();

        // All pages, not only new ones: this repairs the index after a record was restored from a backup.
        foreach (var page in after)
        {
            addPage.Execute((int)page.Provider, page.PageId, request.Record.MerchantId);
        }

        foreach (var page in before.Except(after))
        {
            removePage.Execute((int)page.Provider, page.PageId, request.Record.MerchantId);
            removeHold.Execute((int)page.Provider, page.PageId, request.Record.MerchantId);
        }
    }
}
