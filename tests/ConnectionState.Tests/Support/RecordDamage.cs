using System.Buffers.Binary;
using System.Security.Cryptography;
using ConnectionState.Store.Records;
using Google.Protobuf;

namespace ConnectionState.Tests.Support;

/// <summary>What can be wrong with the bytes of a stored record.</summary>
internal static class RecordDamage
{
    public static IReadOnlyDictionary<string, Func<byte[], object>> All { get; } = new Dictionary<string, Func<byte[], object>>
    {
        ["a flipped bit"] = Flip,
        ["an end cut off"] = bytes => bytes[..^1],
        ["no bytes"] = _ => Array.Empty<byte>(),
        ["a text"] = _ => "not bytes at all",
        ["a newer schema"] = bytes => WithSchema(bytes, RecordCodec.Schema + 1),
        ["no schema"] = bytes => WithSchema(bytes, 0),
        ["another merchant's record"] = bytes => WithBody(bytes, record => record.MerchantId = "someone-else"),
        ["another revision's record"] = bytes => WithBody(bytes, record => record.Revision--),
        ["an unknown state"] = bytes => WithBody(bytes, record => record.Connections[0].State = 99),
        ["a missing text"] = bytes => WithBody(bytes, record => record.Connections[0].PageId = 0),
        ["a text that is not there"] = bytes => WithBody(bytes, record => record.Connections[0].PageId = -99),
        ["an id that is not there"] = bytes => WithBody(bytes, record => record.Connections[0].PageId = 99),
        ["no texts"] = bytes => WithBody(bytes, record => record.Texts = null),
        ["an id cut off"] = bytes => WithBody(bytes, record => record.Texts.Ids = ByteString.CopyFrom(record.Texts.Ids.Span[..^1])),
        ["a request without a revision"] = bytes => WithBody(bytes, record => record.RequestRevisions.RemoveAt(0)),
        ["an impossible time"] = bytes => WithBody(bytes, record => record.Connections[0].StateSince = -1),
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
    private static byte[] WithBody(byte[] bytes, Action<StoredRecord> change)
    {
        var envelope = Envelope.Parser.ParseFrom(bytes);
        var record = StoredRecord.Parser.ParseFrom(envelope.Body);
        change(record);
        envelope.Body = record.ToByteString();
        envelope.Digest = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(envelope.Body.Span));
        return envelope.ToByteArray();
    }
}
