namespace ConnectionStateService.Tests.Support;

/// <summary>A page of the docs that is generated from the code. With UPDATE_DOCS=1 a test writes it, otherwise it compares.</summary>
public static class GeneratedDoc
{
    /// <summary>The note in the page that it is generated.</summary>
    public const string Note =
        "Generated from the code: `UPDATE_DOCS=1 dotnet test tests/ConnectionState.Tests` updates this page, and a test compares it.";

    public static void AssertCurrent(string name, IEnumerable<string> lines) => AssertFileCurrent($"docs/{name}", lines);

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
