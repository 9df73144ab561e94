using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>A merchant as stored: all its parts, encoded.</summary>
/// <param name="Revision">The revision of the last commit.</param>
/// <param name="CommitId">The id of the last commit.</param>
/// <param name="PageList">The page list part.</param>
/// <param name="Requests">The remembered requests; empty if there are none.</param>
/// <param name="Candidates">The candidates of sessions, by session id.</param>
internal sealed record MerchantRow(
    long Revision, ulong CommitId, byte[] PageList, byte[] Requests, ImmutableDictionary<string, byte[]> Candidates)
{
    /// <summary>Selects the merchant with the id $1. One statement, so that the parts belong together.</summary>
    public const string Query = """
        SELECT m.revision, m.commit_id, m.record, m.requests, c.session, c.candidates
        FROM merchant m LEFT JOIN candidates c ON c.merchant = m.id
        WHERE m.id = $1
        """;

    /// <summary>The size in bytes.</summary>
    public int Size => PageList.Length + Requests.Length + Candidates.Values.Sum(bytes => bytes.Length);

    /// <summary>Executes <see cref="Query"/>. Null if nothing is stored of the merchant.</summary>
    public static MerchantRow? Read(SqliteStatement query, string merchantId)
    {
        using var rows = query.Bind(merchantId).Query();
        if (!rows.Read())
        {
            return null;
        }

        var row = new MerchantRow(
            rows.Integer(0), (ulong)rows.Integer(1), rows.Blob(2), rows.Blob(3), ImmutableDictionary<string, byte[]>.Empty);
        var candidates = row.Candidates;
        do
        {
            if (rows.Blob(5) is { Length: > 0 } bytes)
            {
                candidates = candidates.SetItem(rows.Text(4), bytes);
            }
        }
        while (rows.Read());

        return row with { Candidates = candidates };
    }

    /// <summary>Decodes all parts.</summary>
    /// <exception cref="RecordUnreadableException">A part is damaged or missing.</exception>
    public StoredMerchant Decode(string merchantId)
    {
        var record = RecordCodec.DecodePageList(merchantId, Revision, PageList);
        if (!record.Parts.HasFlag(MerchantParts.Requests))
        {
            record = RecordCodec.WithRequests(record, Requests);
        }

        if (!record.Parts.HasFlag(MerchantParts.Candidates))
        {
            record = record with { Sessions = [.. record.Sessions.Select(s => s.HasCandidates ? s : WithCandidates(merchantId, s))] };
        }

        return new StoredMerchant(record, CommitId);
    }

    private ConnectSession WithCandidates(string merchantId, ConnectSession session) =>
        RecordCodec.WithCandidates(merchantId, session, Candidates.GetValueOrDefault(session.Id, []));
}
