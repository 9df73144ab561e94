using ConnectionStateService.Core;
using Google.Protobuf.WellKnownTypes;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>
/// Maps pages and times between the API and the core. Enums are cast where they are used: WireNumbersTests compares their numbers and names.
/// Requests have been validated.
/// </summary>
internal static class ValueMapping
{
    public static PageRef ToCore(this Proto.PageRef page) => new((Provider)page.Provider, page.PageId);

    public static Proto.PageRef ToProto(this PageRef page) => new() { Provider = (Proto.Provider)page.Provider, PageId = page.PageId };

    public static Timestamp? ToProto(this DateTimeOffset? time) => time?.ToProto();

    public static Timestamp ToProto(this DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    public static DateTimeOffset? ToCore(this Timestamp? time) => time?.ToDateTimeOffset();
}
