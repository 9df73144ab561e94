using System.Collections.Immutable;
using ConnectionStateService.Core;
using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>Keeps the index of listed connections, their tally and the losses by day. Used on the writer thread.</summary>
internal sealed class SqliteIndexWrites(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement stored = new(
        connection, "SELECT provider, page_id, state, cause, since FROM listed WHERE merchant = $1");

    private readonly SqliteStatement put = new(connection, """
        INSERT OR REPLACE INTO listed (merchant, provider, page_id, state, cause, since) VALUES ($1, $2, $3, $4, $5, $6)
        """);

    private readonly SqliteStatement remove = new(connection, "DELETE FROM listed WHERE merchant = $1 AND provider = $2 AND page_id = $3");

    private readonly SqliteStatement count = new(connection, """
        INSERT INTO tally (provider, state, cause, count) VALUES ($1, $2, $3, $4)
        ON CONFLICT (provider, state, cause) DO UPDATE SET count = count + excluded.count
        """);

    private readonly SqliteStatement countLoss = new(connection, """
        INSERT INTO losses (day, provider, state, cause, count) VALUES ($1, $2, $3, $4, 1)
        ON CONFLICT (day, provider, state, cause) DO UPDATE SET count = count + 1
        """);

    private readonly SqliteStatement forgetLosses = new(connection, "DELETE FROM losses WHERE day < $1");

    /// <summary>Brings the index to what the commit leaves.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="isIndexed">False if the index may not match the record before the commit: it is compared then.</param>
    public void Put(PreparedCommit commit, bool isIndexed)
    {
        Apply(commit.MerchantId, isIndexed ? commit.ListedChanges : Compare(commit.Stored.Record));
    }

    /// <summary>Removes what the index still has of a merchant: nothing, unless its record was restored from a backup.</summary>
    public void Remove(string merchantId) => Apply(merchantId, Compare(MerchantRecord.Unknown(merchantId)));

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[stored, put, remove, count, countLoss, forgetLosses])
        {
            statement.Dispose();
        }
    }

    private void Apply(string merchantId, ImmutableArray<ListedChange> changes)
    {
        foreach (var change in changes)
        {
            var page = change.Page;
            if (change.After is { } after)
            {
                put.Bind(merchantId).Bind((int)page.Provider).Bind(page.PageId)
                    .Bind((int)after.State).Bind((int)after.Cause).Bind(after.Since).Execute();
            }
            else
            {
                remove.Bind(merchantId).Bind((int)page.Provider).Bind(page.PageId).Execute();
            }

            if (change.IsLoss)
            {
                var (day, kind) = LossDay.Of(change);
                countLoss.Bind(SqliteReader.DayOf(day)).Bind((int)kind.Provider).Bind((int)kind.State).Bind((int)kind.Cause).Execute();
                forgetLosses.Bind(SqliteReader.DayOf(day.AddDays(-LossDay.KeptDays))).Execute();
            }

            foreach (var (kind, number) in change.Counts())
            {
                count.Bind((int)kind.Provider).Bind((int)kind.State).Bind((int)kind.Cause).Bind(number).Execute();
            }
        }
    }

    private ImmutableArray<ListedChange> Compare(MerchantRecord record)
    {
        var before = Stored(record.MerchantId);
        var after = record.Connections.Where(c => c.IsListed).ToDictionary(c => c.Page, c => Listing.Of(c));
        return [.. before.Keys.Union(after.Keys)
            .Select(page => new ListedChange(page, before.GetValueOrDefault(page), after.GetValueOrDefault(page)))
            .Where(change => change.Before != change.After)];
    }

    private Dictionary<PageRef, Listing?> Stored(string merchantId)
    {
        using var rows = stored.Bind(merchantId).Query();
        var found = new Dictionary<PageRef, Listing?>();
        while (rows.Read())
        {
            found[new((Provider)rows.Integer(0), rows.Text(1))] = new Listing((State)rows.Integer(2), (Cause)rows.Integer(3), rows.Integer(4));
        }

        return found;
    }
}
