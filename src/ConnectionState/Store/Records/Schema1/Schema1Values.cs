using ConnectionStateService.Core;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records.Schema1;

/// <summary>The small values that records and commits were made of.</summary>
internal static class Schema1Values
{
    public static PageRef ToCore(StoredPage page) => new(Known<Provider>(page.Provider), page.PageId);

    public static PageRef? ToCoreOrNull(StoredPage? page) => page is null ? null : ToCore(page);

    public static DateTimeOffset ToCore(Timestamp time) => time.ToDateTimeOffset();

    public static DateTimeOffset? ToCoreOrNull(Timestamp? time) => time?.ToDateTimeOffset();
}
