using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Google.Protobuf;

namespace ConnectionStateService.Store.Records;

/// <summary>What sealed bytes hold.</summary>
internal enum StoredKind : byte
{
    /// <summary>A merchant's page list part.</summary>
    PageList = 1,

    /// <summary>The candidates of a connect session.</summary>
    Candidates = 2,

    /// <summary>An entry of a merchant's history.</summary>
    Commit = 3,
}

/// <summary>
/// Puts a header before everything that is stored: the schema (1 byte), and a digest of the merchant id, the kind and the body (8 bytes,
/// little-endian). Damaged data, unknown schemas, and data of another merchant or kind are rejected. The digest finds damage; it keeps no secret.
/// </summary>
internal static class SealedBytes
{
    /// <summary>The current schema. Increment it when a reader of the previous schema would misread what is written now.</summary>
    public const byte Schema = 5;

    /// <summary>The number of bytes before the body.</summary>
    public const int HeaderLength = sizeof(byte) + sizeof(ulong);

    /// <summary>Seals a message, in one array with <paramref name="prefix"/> before the header.</summary>
    public static byte[] Seal(string merchantId, StoredKind kind, IMessage message, ReadOnlySpan<byte> prefix = default)
    {
        var bytes = Allocate(prefix, message.CalculateSize());
        message.WriteTo(bytes.AsSpan(prefix.Length + HeaderLength));
        return Finish(merchantId, kind, bytes, prefix.Length);
    }

    /// <summary>Returns the body.</summary>
    /// <exception cref="RecordUnreadableException">The bytes are not of this merchant and kind, damaged, or of another schema.</exception>
    public static ReadOnlySpan<byte> Open(string merchantId, StoredKind kind, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderLength)
        {
            throw new RecordUnreadableException(merchantId, "it is too short");
        }

        if (bytes[0] != Schema)
        {
            throw new RecordUnreadableException(merchantId, $"it has schema {bytes[0]}, this version reads schema {Schema}");
        }

        var body = bytes[HeaderLength..];
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(byte)..]) == Digest(merchantId, kind, body)
            ? body
            : throw new RecordUnreadableException(merchantId, "the digest does not match: it is damaged, or belongs elsewhere");
    }

    private static byte[] Allocate(ReadOnlySpan<byte> prefix, int bodyLength)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(prefix.Length + HeaderLength + bodyLength);
        prefix.CopyTo(bytes);
        return bytes;
    }

    private static byte[] Finish(string merchantId, StoredKind kind, byte[] bytes, int start)
    {
        var sealedBytes = bytes.AsSpan(start);
        sealedBytes[0] = Schema;
        BinaryPrimitives.WriteUInt64LittleEndian(sealedBytes[sizeof(byte)..], Digest(merchantId, kind, sealedBytes[HeaderLength..]));
        return bytes;
    }

    // The digest of the owner is the seed of the digest of the body, so neither needs a copy.
    private static ulong Digest(string merchantId, StoredKind kind, ReadOnlySpan<byte> body)
    {
        Span<byte> owner = stackalloc byte[1 + Encoding.UTF8.GetMaxByteCount(merchantId.Length)];
        owner[0] = (byte)kind;
        var length = 1 + Encoding.UTF8.GetBytes(merchantId, owner[1..]);
        return XxHash3.HashToUInt64(body, (long)XxHash3.HashToUInt64(owner[..length]));
    }
}
