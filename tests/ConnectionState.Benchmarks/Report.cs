using System.Runtime.InteropServices;

namespace ConnectionStateService.Benchmarks;

/// <summary>Writes results to the console, as rows of the table in docs/benchmarks.md.</summary>
internal static class Report
{
    /// <summary>Writes the machine and the runtime that the figures belong to.</summary>
    public static void Machine() => Console.WriteLine(
        $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, "
        + $"{(ServerUnderTest.IsRelease ? "Release" : "Debug: use -c Release for figures that count")}");

    /// <summary>Writes a row of the table.</summary>
    public static void Row(string what, string figure) => Console.WriteLine($"| {what} | {figure} |");

    /// <summary>Writes a detail that is not in the table.</summary>
    public static void Detail(string text) => Console.WriteLine($"  {text}");
}
