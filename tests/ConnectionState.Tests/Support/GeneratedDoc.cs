namespace ConnectionStateService.Tests.Support;

/// <summary>A page of the docs that is generated from the code. With UPDATE_DOCS=1 a test writes it, otherwise it compares.</summary>
public static class GeneratedDoc
{
    /// <summary>The note in the page that it is generated.</summary>
    public const string Note =
        "Generated from the code: `UPDATE_DOCS=1 dotnet test tests/ConnectionState.Tests` updates this page, and a test compares it.";

    public static void AssertCurrent(string name, IEnumerable<string> lines) => AssertFileCurrent($"docs/{name}", lines);

    /// <summary>The same for a part of a file: what is between the lines <c>&lt;!-- part --&gt;</c> and <c>&lt;!-- /part --&gt;</c>.</summary>
    public static void AssertPartCurrent(string name, string part, IEnumerable<string> lines)
    {
        var old = File.ReadAllLines(Repository.PathOf(name));
        var (begin, end) = (Array.IndexOf(old, $"<!-- {part} -->"), Array.IndexOf(old, $"<!-- /{part} -->"));
        Assert.True(begin >= 0 && end > begin, $"{name} does not have the lines <!-- {part} --> and <!-- /{part} -->.");
        AssertFileCurrent(name, [.. old[..(begin + 1)], .. lines, .. old[end..]]);
    }

    /// <summary>The same for any file of the repository.</summary>
    public static void AssertFileCurrent(string name, IEnumerable<string> lines)
    {
        var path = Repository.PathOf(name);
        var content = string.Join('\n', lines) + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }

        Assert.True(File.Exists(path), $"{name} is missing. {Note}");
        Assert.Equal(content, File.ReadAllText(path), ignoreLineEndingDifferences: true);
    }
}
