using System.Globalization;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// The seeds of a random test. They are the same in every run; a failure names its seed, and <c>CONNECTIONSTATE_SEED=17 dotnet test
/// --filter ...</c> runs that one alone.
/// </summary>
internal static class Seeds
{
    public const string Variable = "CONNECTIONSTATE_SEED";

    /// <summary>Whether <see cref="Variable"/> selects a single seed.</summary>
    public static bool IsSingle => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };

    /// <summary>The seeds from 1 to <paramref name="count"/>, or the one in <see cref="Variable"/>.</summary>
    public static IReadOnlyList<int> Of(int count) => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } seed
        ? [int.Parse(seed, CultureInfo.InvariantCulture)]
        : [.. Enumerable.Range(1, count)];
}
