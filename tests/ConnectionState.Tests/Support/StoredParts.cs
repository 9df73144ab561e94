using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;

namespace ConnectionStateService.Tests.Support;

/// <summary>All parts of a merchant as they are stored, without its history.</summary>
internal sealed record StoredParts(byte[] PageList, IReadOnlyList<byte[]> Candidates)
{
    /// <summary>All bytes, one part after the other.</summary>
    public byte[] Bytes => [.. PageList, .. Candidates.SelectMany(bytes => bytes)];

    public static StoredParts Encode(MerchantRecord record) => new(
        RecordCodec.EncodePageList(record),
        [.. record.Sessions.Select(s => RecordCodec.EncodeCandidates(record.MerchantId, s))]);

    /// <summary>Decodes all parts; the remembered requests are given.</summary>
    public MerchantRecord Decode(string merchantId, long revision, RequestLog requests)
    {
        var record = RecordCodec.DecodePageList(merchantId, revision, PageList);
        Assert.Equal(requests.Span, record.RequestSpan);
        return record with
        {
            Requests = requests,
            Sessions =
            [
                .. record.Sessions.Zip(Candidates).Select(s => s.First.HasCandidates
                    ? s.First
                    : RecordCodec.WithCandidates(merchantId, s.First, s.Second)),
            ],
        };
    }
}
