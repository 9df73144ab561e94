using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>Estimates how much memory a cached merchant takes, for <see cref="StoreOptions.CachedBytes"/>.</summary>
internal static class CacheSize
{
    private const int Overhead = 512;

    /// <summary>Estimates the size from that of the stored parts, in bytes: a decoded merchant with its reply takes about seven times as much.</summary>
    public static long Of(int storedSize) => Overhead + (7L * storedSize);

    /// <summary>Estimates the size of a merchant with the parts that are loaded, in bytes.</summary>
    public static long Of(MerchantRecord record) => Of(OfParts(record, RecordSize.OfPageList(record)));

    /// <summary>Returns the size of the parts that are loaded, in bytes, given that of the page list part.</summary>
    public static int OfParts(MerchantRecord record, int pageList) => pageList
        + (record.Parts.HasFlag(MerchantParts.Requests) ? record.Requests.Bytes.Length : 0)
        + (record.Parts.HasFlag(MerchantParts.Candidates) ? RecordSize.OfCandidates(record) : 0);
}
