using ConnectionStateService.Core;

namespace ConnectionStateService.Store.Records;

/// <summary>
/// Encodes the parts of merchants and the entries of histories, and decodes them. Each is sealed (<see cref="SealedBytes"/>). The page list part
/// has the revisions of the candidates and of the history entries whose requests are remembered, and each of them its own: one of another time is
/// rejected like a damaged one.
/// </summary>
internal static class RecordCodec
{
    /// <summary>Encodes the page list part, in one array with <paramref name="prefix"/> before it.</summary>
    public static byte[] EncodePageList(MerchantRecord record, ReadOnlySpan<byte> prefix = default) =>
        SealedBytes.Seal(record.MerchantId, StoredKind.PageList, RecordMapping.ToStored(record), prefix);

    /// <summary>Encodes the candidates of a session.</summary>
    public static byte[] EncodeCandidates(string merchantId, ConnectSession session) =>
        SealedBytes.Seal(merchantId, StoredKind.Candidates, CandidatesMapping.ToStored(session));

    /// <summary>Encodes an entry of the history.</summary>
    public static byte[] Encode(string merchantId, Commit commit) =>
        SealedBytes.Seal(merchantId, StoredKind.Commit, CommitMapping.ToStored(commit));

    /// <summary>Decodes the page list part. Of the record, no other part is loaded, except those that are empty.</summary>
    /// <exception cref="RecordUnreadableException">The bytes are not a page list part of this merchant at this revision.</exception>
    public static MerchantRecord DecodePageList(string merchantId, long revision, ReadOnlySpan<byte> bytes)
    {
        var record = Decode(
            merchantId, StoredKind.PageList, bytes, body => RecordMapping.ToCore(merchantId, StoredRecord.Parser.ParseFrom(body)));
        return record.Revision == revision
            ? record
            : throw new RecordUnreadableException(merchantId, $"the record has revision {record.Revision}, expected {revision}");
    }

    /// <summary>Returns a session with its candidates loaded.</summary>
    /// <exception cref="RecordUnreadableException">The bytes are not those that belong to the session.</exception>
    public static ConnectSession WithCandidates(string merchantId, ConnectSession session, ReadOnlySpan<byte> bytes)
    {
        var (sessionId, revision, candidates) = Decode(
            merchantId, StoredKind.Candidates, bytes, body => CandidatesMapping.ToCore(StoredCandidates.Parser.ParseFrom(body)));
        return (sessionId, revision) == (session.Id, session.CandidatesRevision)
            ? session with { Candidates = candidates }
            : throw new RecordUnreadableException(
                merchantId,
                $"the candidates are those of session '{sessionId}' at revision {revision}, expected session '{session.Id}' at revision "
                + $"{session.CandidatesRevision}");
    }

    /// <exception cref="RecordUnreadableException">The bytes are not a commit of this merchant.</exception>
    public static Commit DecodeCommit(string merchantId, ReadOnlySpan<byte> bytes) =>
        Decode(merchantId, StoredKind.Commit, bytes, body => CommitMapping.ToCore(StoredCommit.Parser.ParseFrom(body)));

    /// <summary>Decodes the request of an entry of the history.</summary>
    /// <exception cref="RecordUnreadableException">The bytes are not a commit of this merchant.</exception>
    public static RequestEntry DecodeRequest(string merchantId, ReadOnlySpan<byte> bytes) =>
        Decode(merchantId, StoredKind.Commit, bytes, body => CommitMapping.ToRequestEntry(StoredCommit.Parser.ParseFrom(body)));

    private static T Decode<T>(string merchantId, StoredKind kind, ReadOnlySpan<byte> bytes, Decoder<T> decode)
    {
        var body = SealedBytes.Open(merchantId, kind, bytes);
        try
        {
            return decode(body);
        }
        catch (Exception e)
        {
            throw new RecordUnreadableException(merchantId, "it cannot be parsed", e);
        }
    }

    private delegate T Decoder<out T>(ReadOnlySpan<byte> body);
}
