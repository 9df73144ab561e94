using System.Collections.Immutable;
using ConnectionStateService.Core;
using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>The queries, prepared on one read-only connection. Not thread-safe.</summary>
internal sealed class SqliteReader(SqliteConnection connection, int keptCommits) : IDisposable
{
    private readonly SqliteStatement merchant = new(connection, MerchantRow.Query);

    private readonly SqliteStatement begin = new(connection, "BEGIN");

    private readonly SqliteStatement end = new(connection, "COMMIT");

    private readonly SqliteStatement entries = new(
        connection, "SELECT entry FROM history WHERE merchant = $1 AND revision BETWEEN $2 AND $3 ORDER BY revision");

    private readonly SqliteStatement position = new(connection, "SELECT revision, commit_id FROM merchant WHERE id = $1");

    // Trimming is done now and then, and leaves the entries with remembered requests: older entries may be left.
    private readonly SqliteStatement history = new(connection, """
        SELECT entry FROM history
        WHERE merchant = $1 AND revision > max($2, coalesce((SELECT revision FROM merchant WHERE id = $1), 0) - $3)
        ORDER BY revision LIMIT $4
        """);

    private readonly SqliteStatement page = new(
        connection, "SELECT merchant FROM page WHERE provider = $1 AND page_id = $2 ORDER BY merchant");

    private readonly SqliteStatement account = new(
        connection, "SELECT merchant FROM account WHERE provider = $1 AND account_id = $2 ORDER BY merchant");

    private readonly SqliteStatement hold = new(
        connection, "SELECT merchant, hold_id FROM page_hold WHERE provider = $1 AND page_id = $2");

    private readonly SqliteStatement claim = new(
        connection, "SELECT 1 FROM claim WHERE merchant = $1 AND provider = $2 AND page_id = $3");

    private readonly SqliteStatement due = new(
        connection, "SELECT merchant, at FROM due WHERE at <= $1 ORDER BY at, merchant LIMIT $2");

    private readonly SqliteStatement nextDue = new(connection, "SELECT at FROM due WHERE at > $1 ORDER BY at LIMIT 1");

    private readonly SqliteStatement claims = new(
        connection, "SELECT merchant, provider, page_id, granted_at FROM claim ORDER BY granted_at");

    private readonly SqliteStatement consumer = new(connection, "SELECT state FROM feed_consumer WHERE name = $1");

    private readonly SqliteStatement consumers = new(connection, "SELECT name, state FROM feed_consumer WHERE name > $1 ORDER BY name LIMIT $2");

    private readonly SqliteStatement signingKeys = new(connection, "SELECT sealed FROM signing_keys");

    private readonly SqliteStatement revocations = new(connection, "SELECT merchant, until FROM revocation");

    private readonly SqliteStatement feed = new(
        connection, "SELECT number, merchant, revision, commit_id FROM feed WHERE number BETWEEN $1 AND $2 ORDER BY number LIMIT $3");

    private readonly SqliteStatement oldest = new(connection, "SELECT number, commit_id FROM feed WHERE number <= $1 ORDER BY number LIMIT 1");

    private readonly SqliteStatement newest = new(connection, "SELECT number, commit_id FROM feed WHERE number <= $1 ORDER BY number DESC LIMIT 1");

    private readonly SqliteStatement directory = new(
        connection, "SELECT id FROM merchant WHERE partition = $1 AND id > $2 ORDER BY id LIMIT $3");

    private readonly SqliteStatement tally = new(connection, "SELECT provider, state, cause, count FROM tally WHERE count <> 0");

    private readonly SqliteStatement losses = new(
        connection, "SELECT day, provider, state, cause, count FROM losses WHERE day BETWEEN $1 AND $2");

    // A single lower bound: with two, SQLite may seek to the lower one, and filter row by row.
    private readonly SqliteStatement merchantIds = new(
        connection, "SELECT id FROM merchant WHERE id >= max($1, $2) AND id < $3 AND id <> $1 ORDER BY id LIMIT $4");

    private readonly SqliteStatement lost = new(connection, """
        SELECT since, merchant, page_id FROM listed
        WHERE provider = $1 AND state = $2 AND state > 2 AND (since, merchant, page_id) >= ($3, $4, $5)
        ORDER BY since, merchant, page_id LIMIT $6
        """);

    public MerchantRow? Merchant(string id, bool withRequests)
    {
        if (!withRequests)
        {
            return MerchantRow.Read(merchant, id);
        }

        // One transaction, so that the entries belong to the rest.
        begin.Execute();
        try
        {
            var row = MerchantRow.Read(merchant, id);
            return row is null ? null : row with { Requests = row.RequestSpan.IsEmpty ? [] : Entries(id, row.RequestSpan.From, row.Revision) };
        }
        finally
        {
            end.Execute();
        }
    }

    public HistoryPosition Position(string id)
    {
        using var rows = position.Bind(id).Query();
        return rows.Read() ? new HistoryPosition(rows.Integer(0), (ulong)rows.Integer(1)) : default;
    }

    public ImmutableArray<byte[]> History(string merchantId, long afterRevision, int limit)
    {
        using var rows = history.Bind(merchantId).Bind(afterRevision).Bind(keptCommits).Bind(limit).Query();
        return Blobs(rows);
    }

    public ImmutableArray<string> Merchants(PageRef of)
    {
        using var rows = page.Bind((int)of.Provider).Bind(of.PageId).Query();
        return Texts(rows);
    }

    public ImmutableArray<string> Merchants(AccountRef of)
    {
        using var rows = account.Bind((int)of.Provider).Bind(of.AccountId).Query();
        return Texts(rows);
    }

    public PageHold? Hold(int provider, string pageId)
    {
        using var rows = hold.Bind(provider).Bind(pageId).Query();
        return rows.Read() ? new PageHold(rows.Text(0), (ulong)rows.Integer(1)) : null;
    }

    public bool HasClaim(string merchantId, int provider, string pageId)
    {
        using var rows = claim.Bind(merchantId).Bind(provider).Bind(pageId).Query();
        return rows.Read();
    }

    public ImmutableArray<(string Merchant, long Due)> Due(long now, int limit)
    {
        using var rows = due.Bind(now).Bind(limit).Query();
        var all = ImmutableArray.CreateBuilder<(string, long)>();
        while (rows.Read())
        {
            all.Add((rows.Text(0), rows.Integer(1)));
        }

        return all.ToImmutable();
    }

    /// <summary>The earliest deadline after a time, or null.</summary>
    public long? NextDue(long after)
    {
        using var rows = nextDue.Bind(after).Query();
        return rows.Read() ? rows.Integer(0) : null;
    }

    public ImmutableArray<(string Merchant, int Provider, string PageId, long GrantedAt)> Claims()
    {
        using var rows = claims.Query();
        var all = ImmutableArray.CreateBuilder<(string, int, string, long)>();
        while (rows.Read())
        {
            all.Add((rows.Text(0), (int)rows.Integer(1), rows.Text(2), rows.Integer(3)));
        }

        return all.ToImmutable();
    }

    /// <summary>Reads entries of the feed, none after <paramref name="last"/>.</summary>
    public ImmutableArray<FeedEntry> Feed(long from, long last, int limit)
    {
        using var rows = feed.Bind(from).Bind(last).Bind(limit).Query();
        var all = ImmutableArray.CreateBuilder<FeedEntry>();
        while (rows.Read())
        {
            all.Add(new FeedEntry(rows.Integer(0), rows.Text(1), new HistoryPosition(rows.Integer(2), (ulong)rows.Integer(3))));
        }

        return all.ToImmutable();
    }

    /// <summary>Reads what is kept of the feed, up to <paramref name="last"/>.</summary>
    public FeedSpan FeedSpan(long last) => new(Point(oldest, last), Point(newest, last));

    public ImmutableArray<string> Directory(int partition, string after, int limit)
    {
        using var rows = directory.Bind(partition).Bind(after).Bind(limit).Query();
        return Texts(rows);
    }

    public ImmutableDictionary<ListedKind, long> Tally()
    {
        using var rows = tally.Query();
        var all = ImmutableDictionary.CreateBuilder<ListedKind, long>();
        while (rows.Read())
        {
            all[new((Provider)rows.Integer(0), (State)rows.Integer(1), (Cause)rows.Integer(2))] = rows.Integer(3);
        }

        return all.ToImmutable();
    }

    /// <summary>Returns a day as it is stored.</summary>
    public static long DayOf(DateOnly day) => day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    public ImmutableDictionary<LossDay, long> Losses(DateOnly from, DateOnly to)
    {
        using var rows = losses.Bind(DayOf(from)).Bind(DayOf(to)).Query();
        var all = ImmutableDictionary.CreateBuilder<LossDay, long>();
        while (rows.Read())
        {
            var day = DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays((int)rows.Integer(0));
            all[new(day, new((Provider)rows.Integer(1), (State)rows.Integer(2), (Cause)rows.Integer(3)))] = rows.Integer(4);
        }

        return all.ToImmutable();
    }

    public ImmutableArray<string> MerchantIds(string prefix, string after, int limit)
    {
        using var rows = merchantIds.Bind(after).Bind(prefix).Bind(prefix + char.MaxValue).Bind(limit).Query();
        var all = ImmutableArray.CreateBuilder<string>();
        while (rows.Read())
        {
            all.Add(rows.Text(0));
        }

        return all.ToImmutable();
    }

    /// <summary>Reads lost connections of one kind that are not before a place.</summary>
    public ImmutableArray<LostConnection> Lost(LostKind kind, LostConnection from, int limit)
    {
        using var rows = lost.Bind((int)kind.Provider).Bind((int)kind.State).Bind(from.Since).Bind(from.MerchantId ?? "").Bind(from.PageId ?? "")
            .Bind(limit).Query();
        var all = ImmutableArray.CreateBuilder<LostConnection>();
        while (rows.Read())
        {
            all.Add(new LostConnection(rows.Integer(0), rows.Text(1), rows.Text(2), kind));
        }

        return all.ToImmutable();
    }

    public byte[] Consumer(string name)
    {
        using var rows = consumer.Bind(name).Query();
        return rows.Read() ? rows.Blob(0) : [];
    }

    public ImmutableArray<(string Name, byte[] State)> Consumers(string after, int limit)
    {
        using var rows = consumers.Bind(after).Bind(limit).Query();
        var all = ImmutableArray.CreateBuilder<(string, byte[])>();
        while (rows.Read())
        {
            all.Add((rows.Text(0), rows.Blob(1)));
        }

        return all.ToImmutable();
    }

    public byte[] SigningKeys()
    {
        using var rows = signingKeys.Query();
        return rows.Read() ? rows.Blob(0) : [];
    }

    public ImmutableArray<Revocation> Revocations()
    {
        using var rows = revocations.Query();
        var all = ImmutableArray.CreateBuilder<Revocation>();
        while (rows.Read())
        {
            all.Add(new Revocation(rows.Text(0), StoreTime.ToTime(rows.Integer(1))));
        }

        return all.ToImmutable();
    }

    private static FeedPoint Point(SqliteStatement query, long last)
    {
        using var rows = query.Bind(last).Query();
        return rows.Read() ? new FeedPoint(rows.Integer(0), (ulong)rows.Integer(1)) : default;
    }

    private ImmutableArray<byte[]> Entries(string merchantId, long from, long to)
    {
        using var rows = entries.Bind(merchantId).Bind(from).Bind(to).Query();
        return Blobs(rows);
    }

    private static ImmutableArray<string> Texts(SqliteStatement.Rows rows)
    {
        var all = ImmutableArray.CreateBuilder<string>();
        while (rows.Read())
        {
            all.Add(rows.Text(0));
        }

        return all.ToImmutable();
    }

    private static ImmutableArray<byte[]> Blobs(SqliteStatement.Rows rows)
    {
        var all = ImmutableArray.CreateBuilder<byte[]>();
        while (rows.Read())
        {
            all.Add(rows.Blob(0));
        }

        return all.ToImmutable();
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])
            [merchant, begin, end, entries, position, history, page, account, hold, claim, due, nextDue, claims, signingKeys, revocations, feed, oldest, newest,
             directory, tally, losses, merchantIds, lost, consumer, consumers])
        {
            statement.Dispose();
        }

        connection.Dispose();
    }
}
