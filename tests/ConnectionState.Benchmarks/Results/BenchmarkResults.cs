using System.Text.Json;

namespace ConnectionStateService.Benchmarks.Results;

/// <summary>The figures of a machine and a build of the server, as committed under docs/benchmarks.</summary>
/// <param name="Machine">Processors, operating system and runtime.</param>
/// <param name="Versions">The servers and their versions.</param>
/// <param name="Sections">What each section of the benchmarks measured.</param>
internal sealed record BenchmarkResults(
    string Machine, SortedDictionary<string, string> Versions, SortedDictionary<string, SectionResults> Sections)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static BenchmarkResults Empty => new("", [], []);

    /// <summary>Reads results, or returns empty ones if the file does not exist.</summary>
    public static BenchmarkResults Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<BenchmarkResults>(File.ReadAllText(path), Format)! : Empty;

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Format) + "\n");

    /// <summary>Returns a figure, or null if it was not measured.</summary>
    /// <param name="name">The section and the figure, as in <c>startup/median-ms</c>.</param>
    public double? Figure(string name)
    {
        var (section, figure) = (name[..name.IndexOf('/', StringComparison.Ordinal)], name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        return Sections.TryGetValue(section, out var results) && results.Figures.TryGetValue(figure, out var value) ? value : null;
    }
}

/// <summary>What a section of the benchmarks measured.</summary>
/// <param name="Date">The day.</param>
/// <param name="Commit">The commit that the server was built from.</param>
/// <param name="Quick">Whether it was measured with <c>--quick</c>: shorter, with fewer merchants.</param>
/// <param name="Figures">The figures by name.</param>
internal sealed record SectionResults(string Date, string Commit, bool Quick, SortedDictionary<string, double> Figures);
