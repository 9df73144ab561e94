using ConnectionStateService.Store.Records;
using Google.Protobuf;

namespace ConnectionStateService.Tests.Support;

/// <summary>What can be wrong with the bytes of a merchant's stored record.</summary>
internal static class RecordDamage
{
    public static IReadOnlyDictionary<string, Func<string, byte[], object>> All { get; } = new Dictionary<string, Func<string, byte[], object>>
    {
        ["a flipped bit"] = (_, bytes) => Flip(bytes),
        ["an end cut off"] = (_, bytes) => bytes[..^1],
        ["no bytes"] = (_, _) => Array.Empty<byte>(),
        ["a text"] = (_, _) => "not bytes at all",
        ["a newer schema"] = (_, bytes) => WithSchema(bytes, RecordCodec.Schema + 1),
        ["no schema"] = (_, bytes) => WithSchema(bytes, 0),
        ["another merchant's record"] = (_, bytes) => WithBody("someone-else", bytes, _ => { }),
        ["another revision's record"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Revision--),
        ["an unknown state"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Connections[0].State = 99),
        ["a missing text"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Connections[0].PageId = 0),
        ["a text that is not there"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Connections[0].PageId = -99),
        ["an id that is not there"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Connections[0].PageId = 99),
        ["no texts"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Texts = null),
        ["an id cut off"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Texts.Ids = ByteString.CopyFrom(record.Texts.Ids.Span[..^1])),
        ["a request without a revision"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.RequestRevisions.RemoveAt(0)),
        ["an impossible time"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Connections[0].StateSince = -1),
    };

    /// <summary>The bytes with one bit of the last one changed.</summary>
    public static byte[] Flip(byte[] bytes) => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)];

    private static byte[] WithSchema(byte[] bytes, int schema)
    {
        var envelope = Envelope.Parser.ParseFrom(bytes);
        envelope.Schema = schema;
        return envelope.ToByteArray();
    }

    // The digest is right: these are whole, and wrong all the same.
    private static byte[] WithBody(string merchantId, byte[] bytes, Action<StoredRecord> change)
    {
        var envelope = Envelope.Parser.ParseFrom(bytes);
        var record = StoredRecord.Parser.ParseFrom(envelope.Body);
        change(record);
        envelope.Body = record.ToByteString();
        envelope.Digest = RecordCodec.Digest(envelope.Schema, merchantId, envelope.Body);
        return envelope.ToByteArray();
    }
}
