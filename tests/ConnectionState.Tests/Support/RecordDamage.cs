using ConnectionStateService.Store.Records;
using Google.Protobuf;

namespace ConnectionStateService.Tests.Support;

/// <summary>The ways to damage the stored page list part of a merchant.</summary>
internal static class RecordDamage
{
    public static IReadOnlyDictionary<string, Func<string, byte[], object>> All { get; } = new Dictionary<string, Func<string, byte[], object>>
    {
        ["a flipped bit"] = (_, bytes) => Flip(bytes),
        ["an end cut off"] = (_, bytes) => bytes[..^1],
        ["no bytes"] = (_, _) => Array.Empty<byte>(),
        ["a text"] = (_, _) => "a string",
        ["a newer schema"] = (_, bytes) => WithSchema(bytes, SealedBytes.Schema + 1),
        ["no schema"] = (_, bytes) => WithSchema(bytes, 0),
        ["another merchant's record"] = (_, bytes) => WithBody("someone-else", bytes, _ => { }),
        ["another revision's record"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Revision--),
        ["an unknown state"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Connections[0].State = 99),
        ["a missing string"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Connections[0].PageId = 0),
        ["a reference to a missing string"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Connections[0].PageId = -99),
        ["a reference to a missing id"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Connections[0].PageId = 99),
        ["no strings"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Strings = null),
        ["a truncated id"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Strings.Ids = ByteString.CopyFrom(record.Strings.Ids.Span[..^1])),
        ["another kind of data"] = (merchant, bytes) => SealedBytes.Seal(merchant, StoredKind.Commit, StoredRecord.Parser.ParseFrom(bytes.AsSpan(SealedBytes.HeaderLength))),
        ["an impossible time"] = (merchant, bytes) => WithBody(merchant, bytes, record => record.Connections[0].StateSince = -1),
    };

    /// <summary>Flips a bit of the last byte.</summary>
    public static byte[] Flip(byte[] bytes) => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)];

    private static byte[] WithSchema(byte[] bytes, byte schema) => [schema, .. bytes[1..]];

    // The digest matches: the record is undamaged, but invalid.
    private static byte[] WithBody(string merchantId, byte[] bytes, Action<StoredRecord> change)
    {
        var record = StoredRecord.Parser.ParseFrom(bytes.AsSpan(SealedBytes.HeaderLength));
        change(record);
        return SealedBytes.Seal(merchantId, StoredKind.PageList, record);
    }
}
