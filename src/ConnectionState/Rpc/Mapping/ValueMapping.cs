using ConnectionStateService.Core;
using Google.Protobuf.WellKnownTypes;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>
/// The small values of the API. Enums are cast: a test holds their numbers and names against the core's. What comes in has been
/// validated.
/// </summary>
internal static class ValueMapping
{
    public static PageRef ToCore(this Proto.PageRef page) => new((Provider)page.Provider, page.PageId);

    public static Proto.PageRef ToProto(this PageRef page) => new() { Provider = (Proto.Provider)page.Provider, PageId = page.PageId };

    public static Timestamp? ToProto(this DateTimeOffset? time) => time?.ToProto();

    public static Timestamp ToProto(this DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    public static DateTimeOffset? ToCore(this Timestamp? time) => time?.ToDateTimeOffset();
}
