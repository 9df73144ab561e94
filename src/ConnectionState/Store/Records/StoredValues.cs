using ConnectionState.Core;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;

namespace ConnectionState.Store.Records;

/// <summary>The small values that records and commits are made of.</summary>
internal static class StoredValues
{
    public static StoredPage ToStored(PageRef page) => new() { Provider = (int)page.Provider, PageId = page.PageId };

    public static StoredPage? ToStored(PageRef? page) => page is { } given ? ToStored(given) : null;

    public static PageRef ToCore(StoredPage page) => new(Known<Provider>(page.Provider), page.PageId);

    public static PageRef? ToCoreOrNull(StoredPage? page) => page is null ? null : ToCore(page);

    public static Timestamp ToStored(DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    public static Timestamp? ToStored(DateTimeOffset? time) => time is { } given ? ToStored(given) : null;

    public static DateTimeOffset ToCore(Timestamp time) => time.ToDateTimeOffset();

    public static DateTimeOffset? ToCoreOrNull(Timestamp? time) => time?.ToDateTimeOffset();

    /// <exception cref="InvalidDataException">The number is none of the enum's.</exception>
    public static T Known<T>(int number) where T : struct, Enum
    {
        var value = (T)Enum.ToObject(typeof(T), number);
        return Enum.IsDefined(value) ? value : throw new InvalidDataException($"{number} is no {typeof(T).Name}");
    }
}
