using ConnectionStateService.Core;
using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>
/// The write statements, prepared on the writer's connection. Used on the writer thread only, inside its transaction. Collects what the
/// transaction changes of merchants, and brings it into the cache when the transaction has ended.
/// </summary>
internal sealed class SqliteWrites(SqliteConnection connection, int keptCommits, int keptFeedCommits, SqliteCache cache) : IDisposable
{
    // How often a merchant's history is trimmed, in revisions. Readers skip the entries that are left.
    private const int TrimInterval = 64;

    private readonly Dictionary<string, CachedMerchant> changed = [];

    private readonly SqliteFeedWrites feed = new(connection, keptFeedCommits);

    private readonly SqliteIndexWrites index = new(connection);

    private readonly SqliteStatement dataVersion = new(connection, "PRAGMA data_version");

    private readonly SqliteStatement record = new(connection, MerchantRow.Query);

    private readonly SqliteStatement insertMerchant = new(
        connection, """
        INSERT INTO merchant (id, revision, commit_id, requests_from, requests_to, record, partition) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id) DO NOTHING
        """);

    private readonly SqliteStatement updateMerchant = new(
        connection, """
        UPDATE merchant SET revision = $1, commit_id = $2, requests_from = $3, requests_to = $4, record = $5
        WHERE id = $6 AND revision = $7 AND commit_id = $8
        """);

    private readonly SqliteStatement putCandidates = new(
        connection, "INSERT OR REPLACE INTO candidates (merchant, session, candidates) VALUES ($1, $2, $3)");

    private readonly SqliteStatement removeCandidates = new(connection, "DELETE FROM candidates WHERE merchant = $1 AND session = $2");

    private readonly SqliteStatement addHistory = new(
        connection, "INSERT INTO history (merchant, revision, entry) VALUES ($1, $2, $3)");

    private readonly SqliteStatement trimHistory = new(
        connection, "DELETE FROM history WHERE merchant = $1 AND revision <= $2");

    // Entries newer than the record are left from before the record was restored from a backup.
    private readonly SqliteStatement removeNewer = new(
        connection, "DELETE FROM history WHERE merchant = $1 AND revision >= $2");

    private readonly SqliteStatement putDue = new(connection, """
        INSERT INTO due (merchant, at) VALUES ($1, $2) ON CONFLICT (merchant) DO UPDATE SET at = excluded.at WHERE at <> excluded.at
        """);

    private readonly SqliteStatement removeDue = new(connection, "DELETE FROM due WHERE merchant = $1");

    private readonly SqliteStatement reschedule = new(connection, "UPDATE due SET at = $1 WHERE merchant = $2 AND at = $3");

    private readonly SqliteStatement removeDueAt = new(connection, "DELETE FROM due WHERE merchant = $1 AND at = $2");

    private readonly SqliteStatement addPage = new(
        connection, "INSERT OR IGNORE INTO page (provider, page_id, merchant) VALUES ($1, $2, $3)");

    private readonly SqliteStatement removePage = new(
        connection, "DELETE FROM page WHERE provider = $1 AND page_id = $2 AND merchant = $3");

    private readonly SqliteStatement addAccount = new(
        connection, "INSERT OR IGNORE INTO account (provider, account_id, merchant) VALUES ($1, $2, $3)");

    private readonly SqliteStatement removeAccount = new(
        connection, "DELETE FROM account WHERE provider = $1 AND account_id = $2 AND merchant = $3");

    private readonly SqliteStatement hold = new(
        connection, "SELECT merchant, hold_id FROM page_hold WHERE provider = $1 AND page_id = $2");

    private readonly SqliteStatement putHold = new(
        connection, "INSERT OR REPLACE INTO page_hold (provider, page_id, merchant, hold_id) VALUES ($1, $2, $3, $4)");

    private readonly SqliteStatement removeHold = new(
        connection, "DELETE FROM page_hold WHERE provider = $1 AND page_id = $2 AND merchant = $3");

    private readonly SqliteStatement putClaim = new(connection, """
        INSERT INTO claim (merchant, provider, page_id, granted_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (merchant, provider, page_id) DO UPDATE SET granted_at = excluded.granted_at
        """);

    private readonly SqliteStatement removeClaim = new(
        connection, "DELETE FROM claim WHERE merchant = $1 AND provider = $2 AND page_id = $3 AND granted_at = $4");

    private readonly SqliteStatement removeMerchant = new(
        connection, "DELETE FROM merchant WHERE id = $1 AND revision = $2 AND commit_id = $3");

    private readonly SqliteStatement removeAllCandidates = new(connection, "DELETE FROM candidates WHERE merchant = $1");

    private readonly SqliteStatement removeHistory = new(connection, "DELETE FROM history WHERE merchant = $1");

    private readonly SqliteStatement removeClaims = new(connection, "DELETE FROM claim WHERE merchant = $1");

    private readonly SqliteStatement putProbe = new(connection, "INSERT INTO probe (filler) VALUES (randomblob($1))");

    private readonly SqliteStatement removeProbe = new(connection, "DELETE FROM probe");

    private readonly SqliteStatement consumer = new(connection, "SELECT state FROM feed_consumer WHERE name = $1");

    private readonly SqliteStatement removeConsumer = new(connection, "DELETE FROM feed_consumer WHERE name = $1");

    private readonly SqliteStatement countConsumers = new(connection, "SELECT count(*) FROM feed_consumer");

    private readonly SqliteStatement putConsumer = new(connection, "INSERT OR REPLACE INTO feed_consumer (name, state) VALUES ($1, $2)");

    private readonly SqliteStatement signingKeys = new(connection, "SELECT sealed FROM signing_keys");

    private readonly SqliteStatement putSigningKeys = new(connection, "INSERT OR REPLACE INTO signing_keys (id, sealed) VALUES (1, $1)");

    private readonly SqliteStatement putRevocation = new(connection, """
        INSERT INTO revocation (merchant, until) VALUES ($1, $2)
        ON CONFLICT (merchant) DO UPDATE SET until = max(until, excluded.until)
        """);

    private readonly SqliteStatement forgetRevocations = new(connection, "DELETE FROM revocation WHERE until < $1");

    private long knownVersion = -1;

    /// <summary>The number of the newest feed entry that may be read. Thread-safe.</summary>
    public long PublishedFeed => feed.Published;

    /// <summary>Clears the cache if another program has changed the database. Called at the start of each transaction.</summary>
    public void Begin()
    {
        using var rows = dataVersion.Query();
        var version = rows.Read() ? rows.Integer(0) : -1;
        if (version != knownVersion)
        {
            cache.Clear();
            feed.Reset();
            knownVersion = version;
        }
    }

    /// <summary>Called before COMMIT: from now on, a reader of the database may see the changes before the cache has them.</summary>
    public void Committing() => cache.BeginCommit(changed);

    /// <summary>Called after COMMIT, before the writes complete.</summary>
    public void Committed()
    {
        cache.Publish(changed);
        feed.Publish();
        changed.Clear();
    }

    /// <summary>Called after a transaction failed; its changes may or may not have been stored.</summary>
    public void Failed()
    {
        cache.Abandon(changed);
        feed.Abandon();
        changed.Clear();
    }

    /// <summary>Stores a commit if the merchant has the expected position.</summary>
    public WrittenCommit Commit(PreparedCommit commit)
    {
        var known = changed.GetValueOrDefault(commit.MerchantId) ?? cache.Find(commit.MerchantId);
        if (known is not null && known.Stored.Position != commit.Request.Expected.Position)
        {
            return new WrittenCommit(false, known.Stored, null);
        }

        if (!Put(commit))
        {
            return new WrittenCommit(false, null, MerchantRow.Read(record, commit.MerchantId));
        }

        PutCandidates(commit);
        var isIndexed = known is { IsIndexed: true };
        PutHistory(commit, isIndexed);
        feed.Add(commit);
        index.Put(commit, isIndexed);
        if (!isIndexed || known!.Due != commit.Due)
        {
            PutDue(commit);
        }

        IndexPages(commit, isIndexed);
        IndexAccounts(commit, isIndexed);
        if (commit.Request.Claim is { } claim)
        {
            putClaim.Bind(commit.MerchantId).Bind((int)claim.Page.Provider).Bind(claim.Page.PageId)
                .Bind(claim.GrantedAt.ToUnixTimeMilliseconds()).Execute();
        }

        changed[commit.MerchantId] = new CachedMerchant(commit.Stored, commit.StoredSize, IsIndexed: true, commit.Due);
        return new WrittenCommit(true, commit.Stored, null);
    }

    /// <summary>Removes everything of a merchant whose record is erased, if it is at that position. Returns whether nothing is stored of it.</summary>
    public bool Remove(StoredMerchant erased)
    {
        var (id, position) = (erased.Record.MerchantId, erased.Position);
        if (1 != removeMerchant.Bind(id).Bind(position.Revision).Bind((long)position.CommitId).Execute())
        {
            return MerchantRow.Read(record, id) is null;
        }

        removeAllCandidates.Bind(id).Execute();
        removeHistory.Bind(id).Execute();
        removeClaims.Bind(id).Execute();
        removeDue.Bind(id).Execute();
        index.Remove(id);
        foreach (var connection in erased.Record.Connections)
        {
            RemovePage(connection.Page, id);
            removeAccount.Bind((int)connection.Page.Provider).Bind(connection.AccountId).Bind(id).Execute();
        }

        changed[id] = new CachedMerchant(new(MerchantRecord.Unknown(id), 0), EncodedSize: 0, IsIndexed: true, Due: null);
        return true;
    }

    public void Reschedule(DueMerchant due, DateTimeOffset? deadline)
    {
        var before = due.Deadline.ToUnixTimeMilliseconds();
        if (deadline is { } at)
        {
            reschedule.Bind(StoreTime.RoundUp(at)).Bind(due.MerchantId).Bind(before).Execute();
        }
        else
        {
            removeDueAt.Bind(due.MerchantId).Bind(before).Execute();
        }

        // The next commit writes the deadline again.
        if ((changed.GetValueOrDefault(due.MerchantId) ?? cache.Find(due.MerchantId)) is { } known)
        {
            changed[due.MerchantId] = known with { IsIndexed = false };
        }
    }

    /// <summary>Registers a hold if the register has the expected one. Returns the hold that is registered afterwards, or null.</summary>
    public PageHold? Register(PageRef page, PageHold newHold, ulong expectedHoldId)
    {
        var current = Hold(page);
        if ((current?.HoldId ?? 0) != expectedHoldId)
        {
            return current;
        }

        putHold.Bind((int)page.Provider).Bind(page.PageId).Bind(newHold.MerchantId).Bind((long)newHold.HoldId).Execute();
        return newHold;
    }

    public void RemoveClaim(Claim claim) =>
        removeClaim.Bind(claim.MerchantId).Bind((int)claim.Page.Provider).Bind(claim.Page.PageId)
            .Bind(claim.GrantedAt.ToUnixTimeMilliseconds()).Execute();

    /// <summary>Replaces the signing keys if they are the expected ones. Returns those that are stored afterwards.</summary>
    public byte[] ReplaceSigningKeys(byte[] expected, byte[] replacement)
    {
        var current = SigningKeys();
        if (!current.AsSpan().SequenceEqual(expected))
        {
            return current;
        }

        putSigningKeys.Bind(replacement).Execute();
        return replacement;
    }

    /// <summary>
    /// Replaces a consumer of the feed if it is the expected one; removes it if the replacement is empty. Returns what is stored afterwards; null if
    /// it would be one consumer too many.
    /// </summary>
    public byte[]? ReplaceConsumer(string name, byte[] expected, byte[] replacement)
    {
        var current = Consumer(name);
        if (!current.AsSpan().SequenceEqual(expected))
        {
            return current;
        }

        if (replacement.Length == 0)
        {
            removeConsumer.Bind(name).Execute();
            return replacement;
        }

        if (current.Length == 0 && CountConsumers() >= IFeedConsumers.MaxConsumers)
        {
            return null;
        }

        putConsumer.Bind(name).Bind(replacement).Execute();
        return replacement;
    }

    public void AddRevocation(Revocation revocation, DateTimeOffset forgetBefore)
    {
        putRevocation.Bind(revocation.MerchantId).Bind(revocation.Until.ToUnixTimeMilliseconds()).Execute();
        forgetRevocations.Bind(forgetBefore.ToUnixTimeMilliseconds()).Execute();
    }

    /// <summary>
    /// Writes a number of random bytes, which no file system can compress, and removes them. The write-ahead log has all of them after the
    /// commit, although they are removed in the same transaction.
    /// </summary>
    public void Probe(long size)
    {
        putProbe.Bind(size).Execute();
        removeProbe.Execute();
    }

    public void Dispose()
    {
        feed.Dispose();
        index.Dispose();
        foreach (var statement in (SqliteStatement[])
            [dataVersion, record, insertMerchant, updateMerchant, putCandidates, removeCandidates, addHistory, trimHistory, removeNewer, putDue, removeDue, reschedule, removeDueAt,
             addPage, removePage, addAccount, removeAccount, hold, putHold, removeHold, putClaim, removeClaim, removeMerchant, removeAllCandidates, removeHistory, removeClaims,
             consumer, putConsumer, removeConsumer, countConsumers, signingKeys, putSigningKeys, putRevocation, forgetRevocations, putProbe, removeProbe])
        {
            statement.Dispose();
        }
    }

    private bool Put(PreparedCommit commit)
    {
        var (id, expected) = (commit.MerchantId, commit.Request.Expected);
        var (revision, commitId) = (commit.Stored.Record.Revision, (long)commit.Stored.CommitId);
        var span = commit.Stored.Record.RequestSpan;
        return 1 == (expected.Record.Revision == 0
            ? insertMerchant.Bind(id).Bind(revision).Bind(commitId).Bind(span.From).Bind(span.To).Bind(commit.Record)
                .Bind(Partition.Of(id)).Execute()
            : updateMerchant.Bind(revision).Bind(commitId).Bind(span.From).Bind(span.To).Bind(commit.Record)
                .Bind(id).Bind(expected.Record.Revision).Bind((long)expected.CommitId).Execute());
    }

    private void PutCandidates(PreparedCommit commit)
    {
        foreach (var (sessionId, bytes) in commit.Candidates)
        {
            putCandidates.Bind(commit.MerchantId).Bind(sessionId).Bind(bytes).Execute();
        }

        foreach (var sessionId in commit.SessionsWithoutCandidates)
        {
            removeCandidates.Bind(commit.MerchantId).Bind(sessionId).Execute();
        }
    }

    private void PutHistory(PreparedCommit commit, bool isIndexed)
    {
        var revision = commit.Stored.Record.Revision;
        if (!isIndexed)
        {
            removeNewer.Bind(commit.MerchantId).Bind(revision).Execute();
        }

        addHistory.Bind(commit.MerchantId).Bind(revision).Bind(commit.Entry).Execute();
        if (!isIndexed || revision % TrimInterval == 0)
        {
            trimHistory.Bind(commit.MerchantId).Bind(revision - commit.Request.HistoryToKeep(keptCommits)).Execute();
        }
    }

    private void PutDue(PreparedCommit commit)
    {
        if (commit.Due is { } due)
        {
            putDue.Bind(commit.MerchantId).Bind(due).Execute();
        }
        else
        {
            removeDue.Bind(commit.MerchantId).Execute();
        }
    }

    private void IndexPages(PreparedCommit commit, bool isIndexed)
    {
        // All pages, not only new ones, if the index may not match: this repairs it after a record was restored from a backup.
        foreach (var page in isIndexed ? commit.AddedPages : commit.Pages)
        {
            addPage.Bind((int)page.Provider).Bind(page.PageId).Bind(commit.MerchantId).Execute();
        }

        foreach (var page in commit.RemovedPages)
        {
            RemovePage(page, commit.MerchantId);
        }
    }

    private void RemovePage(PageRef page, string merchantId)
    {
        removePage.Bind((int)page.Provider).Bind(page.PageId).Bind(merchantId).Execute();
        removeHold.Bind((int)page.Provider).Bind(page.PageId).Bind(merchantId).Execute();
    }

    private void IndexAccounts(PreparedCommit commit, bool isIndexed)
    {
        foreach (var account in isIndexed ? commit.AddedAccounts : commit.Accounts)
        {
            addAccount.Bind((int)account.Provider).Bind(account.AccountId).Bind(commit.MerchantId).Execute();
        }

        foreach (var account in commit.RemovedAccounts)
        {
            removeAccount.Bind((int)account.Provider).Bind(account.AccountId).Bind(commit.MerchantId).Execute();
        }
    }

    private byte[] Consumer(string name)
    {
        using var rows = consumer.Bind(name).Query();
        return rows.Read() ? rows.Blob(0) : [];
    }

    private long CountConsumers()
    {
        using var rows = countConsumers.Query();
        return rows.Read() ? rows.Integer(0) : 0;
    }

    private byte[] SigningKeys()
    {
        using var rows = signingKeys.Query();
        return rows.Read() ? rows.Blob(0) : [];
    }

    private PageHold? Hold(PageRef page)
    {
        using var rows = hold.Bind((int)page.Provider).Bind(page.PageId).Query();
        return rows.Read() ? new PageHold(rows.Text(0), (ulong)rows.Integer(1)) : null;
    }
}
