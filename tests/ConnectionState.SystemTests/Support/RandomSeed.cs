using System.Globalization;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// Seeds of random faults. CONNECTIONSTATE_SEED repeats a run; without it every run has another seed. Tests print the seed that they used.
/// </summary>
internal static class RandomSeed
{
    private static readonly string? Given = Environment.GetEnvironmentVariable("CONNECTIONSTATE_SEED");

    public static int Next() => Given is null ? Random.Shared.Next() : int.Parse(Given, CultureInfo.InvariantCulture);
}
