using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>A merchant as stored, encoded.</summary>
/// <param name="Revision">The revision of the last commit.</param>
/// <param name="CommitId">The id of the last commit.</param>
/// <param name="PageList">The page list part.</param>
/// <param name="RequestSpan">The revisions among which the remembered requests are.</param>
/// <param name="Candidates">The candidates of sessions, by session id.</param>
internal sealed record MerchantRow(
    long Revision, ulong CommitId, byte[] PageList, RequestSpan RequestSpan, ImmutableDictionary<string, byte[]> Candidates)
{
    /// <summary>The history entries with the remembered requests, oldest first; null if they were not read.</summary>
    public ImmutableArray<byte[]>? Requests { get; init; }

    /// <summary>Selects the merchant with the id $1. One statement, so that the parts belong together.</summary>
    public const string Query = """
        SELECT m.revision, m.commit_id, m.record, m.requests_from, m.requests_to, c.session, c.candidates
        FROM merchant m LEFT JOIN candidates c ON c.merchant = m.id
        WHERE m.id = $1
        """;

    /// <summary>Executes <see cref="Query"/>. Null if nothing is stored of the merchant.</summary>
    public static MerchantRow? Read(SqliteStatement query, string merchantId)
    {
        using var rows = query.Bind(merchantId).Query();
        if (!rows.Read())
        {
            return null;
        }

        var row = new MerchantRow(
            rows.Integer(0),
            (ulong)rows.Integer(1),
            rows.Blob(2),
            new RequestSpan(rows.Integer(3), rows.Integer(4)),
            ImmutableDictionary<string, byte[]>.Empty);
        var candidates = row.Candidates;
        do
        {
            if (rows.Blob(6) is { Length: > 0 } bytes)
            {
                candidates = candidates.SetItem(rows.Text(5), bytes);
            }
        }
        while (rows.Read());

        return row with { Candidates = candidates };
    }

    /// <summary>Decodes all parts that were read.</summary>
    /// <exception cref="RecordUnreadableException">A part is damaged or missing.</exception>
    public StoredMerchant Decode(string merchantId)
    {
        var record = RecordCodec.DecodePageList(merchantId, Revision, PageList);
        if (!record.Parts.HasFlag(MerchantParts.Candidates))
        {
            record = record with { Sessions = [.. record.Sessions.Select(s => s.HasCandidates ? s : WithCandidates(merchantId, s))] };
        }

        var stored = new StoredMerchant(record, CommitId);
        return Requests is { } entries && !record.Parts.HasFlag(MerchantParts.Requests) ? RequestHistory.Load(stored, entries) : stored;
    }

    private ConnectSession WithCandidates(string merchantId, ConnectSession session) =>
        RecordCodec.WithCandidates(merchantId, session, Candidates.GetValueOrDefault(session.Id, []));
}
