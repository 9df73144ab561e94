using Enum = System.Enum;

namespace ConnectionStateService.Store.Records;

/// <summary>The small values that records and commits are made of.</summary>
internal static class StoredValues
{
    /// <summary>The time of a number of ticks since the year 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such time.</exception>
    public static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    /// <exception cref="InvalidDataException">The number is none of the enum's.</exception>
    public static T Known<T>(int number) where T : struct, Enum
    {
        var value = (T)Enum.ToObject(typeof(T), number);
        return Enum.IsDefined(value) ? value : throw new InvalidDataException($"{number} is no {typeof(T).Name}");
    }
}
