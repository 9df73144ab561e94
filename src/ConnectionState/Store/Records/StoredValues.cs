using Enum = System.Enum;

namespace ConnectionStateService.Store.Records;

/// <summary>Decodes values that records and commits have in common.</summary>
internal static class StoredValues
{
    /// <summary>Converts 100 ns ticks since 0001-01-01 UTC.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or after the year 9999.</exception>
    public static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    /// <exception cref="InvalidDataException">The enum does not define the number.</exception>
    public static T Known<T>(int number) where T : struct, Enum
    {
        var value = (T)Enum.ToObject(typeof(T), number);
        return Enum.IsDefined(value) ? value : throw new InvalidDataException($"{number} is not a {typeof(T).Name}");
    }
}
