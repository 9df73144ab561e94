using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ConnectionStateService.Core;
using Google.Protobuf;

namespace ConnectionStateService.Store.Records;

/// <summary>Turns records and commits into bytes and back, and refuses bytes that are not whole or of a newer schema.</summary>
internal static class RecordCodec
{
    /// <summary>The schema that is written. Raise it when an older reader would misread what is written now.</summary>
    public const int Schema = 2;

    public static byte[] Encode(MerchantRecord record) => Seal(record.MerchantId, RecordMapping.ToStored(record).ToByteString());

    public static byte[] Encode(string merchantId, Commit commit) => Seal(merchantId, CommitMapping.ToStored(commit).ToByteString());

    /// <exception cref="RecordUnreadableException">The bytes are not a record of this merchant at this revision.</exception>
    public static MerchantRecord DecodeRecord(string merchantId, long revision, ReadOnlySpan<byte> bytes)
    {
        var record = Decode(merchantId, bytes, (schema, body) => schema == 1
            ? Schema1.RecordMapping.ToCore(Schema1.StoredRecord.Parser.ParseFrom(body))
            : RecordMapping.ToCore(merchantId, StoredRecord.Parser.ParseFrom(body)));
        return record.MerchantId == merchantId && record.Revision == revision
            ? record
            : throw new RecordUnreadableException(
                merchantId, $"it says it is of merchant '{record.MerchantId}' at revision {record.Revision}, not {revision}");
    }

    /// <exception cref="RecordUnreadableException">The bytes are not a commit.</exception>
    public static Commit DecodeCommit(string merchantId, byte[] bytes) =>
        Decode(merchantId, bytes, (schema, body) => schema == 1
            ? Schema1.CommitMapping.ToCore(Schema1.StoredCommit.Parser.ParseFrom(body))
            : CommitMapping.ToCore(StoredCommit.Parser.ParseFrom(body)));

    private static byte[] Seal(string merchantId, ByteString body) =>
        new Envelope { Schema = Schema, Digest = Digest(Schema, merchantId, body), Body = body }.ToByteArray();

    private static T Decode<T>(string merchantId, ReadOnlySpan<byte> bytes, Func<int, ByteString, T> decode)
    {
        try
        {
            var envelope = Envelope.Parser.ParseFrom(bytes);
            if (envelope.Schema is < 1 or > Schema)
            {
                throw new RecordUnreadableException(merchantId, $"its schema is {envelope.Schema}, this version reads 1 to {Schema}");
            }

            return envelope.Digest == Digest(envelope.Schema, merchantId, envelope.Body)
                ? decode(envelope.Schema, envelope.Body)
                : throw new RecordUnreadableException(merchantId, "its digest does not match: it is damaged, or another merchant's");
        }
        catch (Exception e) when (e is not RecordUnreadableException)
        {
            throw new RecordUnreadableException(merchantId, "it is not what this version writes", e);
        }
    }

    /// <summary>What the envelope says of its body.</summary>
    internal static ulong Digest(int schema, string merchantId, ByteString body)
    {
        byte[] whole = schema == 1 ? [.. body.Span] : [.. Encoding.UTF8.GetBytes(merchantId), .. body.Span];
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(whole));
    }
}
