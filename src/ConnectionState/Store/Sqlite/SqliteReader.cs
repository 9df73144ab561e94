using System.Collections.Immutable;
using ConnectionStateService.Core;
using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>A merchant's row with the encoded record.</summary>
internal readonly record struct MerchantRow(long Revision, ulong CommitId, byte[] Record);

/// <summary>The queries, prepared on one read-only connection. Not thread-safe.</summary>
internal sealed class SqliteReader(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement merchant = new(
        connection, "SELECT revision, commit_id, record FROM merchant WHERE id = $1", 1);

    private readonly SqliteStatement position = new(
        connection, "SELECT revision, commit_id FROM merchant WHERE id = $1", 1);

    private readonly SqliteStatement history = new(
        connection, "SELECT entry FROM history WHERE merchant = $1 AND revision > $2 ORDER BY revision LIMIT $3", 3);

    private readonly SqliteStatement page = new(
        connection, "SELECT merchant FROM page WHERE provider = $1 AND page_id = $2 ORDER BY merchant", 2);

    private readonly SqliteStatement hold = new(
        connection, "SELECT merchant, hold_id FROM page_hold WHERE provider = $1 AND page_id = $2", 2);

    private readonly SqliteStatement claim = new(
        connection, "SELECT 1 FROM claim WHERE merchant = $1 AND provider = $2 AND page_id = $3", 3);

    private readonly SqliteStatement due = new(
        connection, "SELECT id, due FROM merchant WHERE due <= $1 ORDER BY due, id LIMIT $2", 2);

    private readonly SqliteStatement claims = new(
        connection, "SELECT merchant, provider, page_id, granted_at FROM claim WHERE granted_at < $1 ORDER BY granted_at LIMIT $2", 2);

    public MerchantRow? Merchant(string id)
    {
        using var rows = merchant.Query(id);
        return rows.Read() ? new MerchantRow(rows.GetInt64(0), (ulong)rows.GetInt64(1), rows.GetValue(2) as byte[] ?? []) : null;
    }

    public HistoryPosition Position(string id)
    {
        using var rows = position.Query(id);
        return rows.Read() ? new HistoryPosition(rows.GetInt64(0), (ulong)rows.GetInt64(1)) : default;
    }

    public ImmutableArray<byte[]> History(string merchantId, long afterRevision, int limit) =>
        All(history.Query(merchantId, afterRevision, limit), row => row.GetValue(0) as byte[] ?? []);

    public ImmutableArray<string> Merchants(int provider, string pageId) =>
        All(page.Query(provider, pageId), row => row.GetString(0));

    public PageHold? Hold(int provider, string pageId)
    {
        using var rows = hold.Query(provider, pageId);
        return rows.Read() ? new PageHold(rows.GetString(0), (ulong)rows.GetInt64(1)) : null;
    }

    public bool HasClaim(string merchantId, int provider, string pageId)
    {
        using var rows = claim.Query(merchantId, provider, pageId);
        return rows.Read();
    }

    public ImmutableArray<(string Merchant, long Due)> Due(long now, int limit) =>
        All(due.Query(now, limit), row => (row.GetString(0), row.GetInt64(1)));

    public ImmutableArray<(string Merchant, int Provider, string PageId, long GrantedAt)> Claims(long before, int limit) =>
        All(claims.Query(before, limit), row => (row.GetString(0), row.GetInt32(1), row.GetString(2), row.GetInt64(3)));

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[merchant, position, history, page, hold, claim, due, claims])
        {
            statement.Dispose();
        }

        connection.Dispose();
    }

    private static ImmutableArray<T> All<T>(SqliteDataReader rows, Func<SqliteDataReader, T> read)
    {
        using (rows)
        {
            var all = ImmutableArray.CreateBuilder<T>();
            while (rows.Read())
            {
                all.Add(read(rows));
            }

            return all.ToImmutable();
        }
    }
}
