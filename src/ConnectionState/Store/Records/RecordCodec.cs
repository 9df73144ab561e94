using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ConnectionStateService.Core;
using Google.Protobuf;

namespace ConnectionStateService.Store.Records;

/// <summary>Encodes records and commits, and decodes them. Damaged data and unknown schemas are rejected.</summary>
internal static class RecordCodec
{
    /// <summary>The current schema. Increment it when a reader of the previous schema would misread what is written now.</summary>
    public const int Schema = 2;

    public static byte[] Encode(MerchantRecord record) => Seal(record.MerchantId, RecordMapping.ToStored(record).ToByteString());

    public static byte[] Encode(string merchantId, Commit commit) => Seal(merchantId, CommitMapping.ToStored(commit).ToByteString());

    /// <exception cref="RecordUnreadableException">The bytes are not a record of this merchant at this revision.</exception>
    public static MerchantRecord DecodeRecord(string merchantId, long revision, ReadOnlySpan<byte> bytes)
    {
        var record = Decode(merchantId, bytes, body => RecordMapping.ToCore(merchantId, StoredRecord.Parser.ParseFrom(body)));
        return record.Revision == revision
            ? record
            : throw new RecordUnreadableException(merchantId, $"the record has revision {record.Revision}, expected {revision}");
    }

    /// <exception cref="RecordUnreadableException">The bytes are not a commit of this merchant.</exception>
    public static Commit DecodeCommit(string merchantId, byte[] bytes) =>
        Decode(merchantId, bytes, body => CommitMapping.ToCore(StoredCommit.Parser.ParseFrom(body)));

    /// <summary>The digest of an envelope. It includes the merchant id, so that another merchant's data does not match.</summary>
    internal static ulong Digest(string merchantId, ByteString body)
    {
        byte[] input = [.. Encoding.UTF8.GetBytes(merchantId), .. body.Span];
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(input));
    }

    private static byte[] Seal(string merchantId, ByteString body) =>
        new Envelope { Schema = Schema, Digest = Digest(merchantId, body), Body = body }.ToByteArray();

    private static T Decode<T>(string merchantId, ReadOnlySpan<byte> bytes, Func<ByteString, T> decode)
    {
        try
        {
            var envelope = Envelope.Parser.ParseFrom(bytes);
            if (envelope.Schema != Schema)
            {
                throw new RecordUnreadableException(merchantId, $"it has schema {envelope.Schema}, this version reads schema {Schema}");
            }

            return envelope.Digest == Digest(merchantId, envelope.Body)
                ? decode(envelope.Body)
                : throw new RecordUnreadableException(merchantId, "the digest does not match: it is damaged or belongs to another merchant");
        }
        catch (Exception e) when (e is not RecordUnreadableException)
        {
            throw new RecordUnreadableException(merchantId, "it cannot be parsed", e);
        }
    }
}
