using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;

namespace ConnectionStateService.Tests.Support;

/// <summary>All parts of a merchant as they are stored.</summary>
internal sealed record StoredParts(byte[] PageList, byte[] Requests, IReadOnlyList<byte[]> Candidates)
{
    /// <summary>All bytes, one part after the other.</summary>
    public byte[] Bytes => [.. PageList, .. Requests, .. Candidates.SelectMany(bytes => bytes)];

    public static StoredParts Encode(MerchantRecord record) => new(
        RecordCodec.EncodePageList(record),
        RecordCodec.EncodeRequests(record),
        [.. record.Sessions.Select(s => RecordCodec.EncodeCandidates(record.MerchantId, s))]);

    public MerchantRecord Decode(string merchantId, long revision)
    {
        var record = RecordCodec.DecodePageList(merchantId, revision, PageList);
        record = record.Parts.HasFlag(MerchantParts.Requests) ? record : RecordCodec.WithRequests(record, Requests);
        return record with
        {
            Sessions =
            [
                .. record.Sessions.Zip(Candidates).Select(s => s.First.HasCandidates
                    ? s.First
                    : RecordCodec.WithCandidates(merchantId, s.First, s.Second)),
            ],
        };
    }
}
