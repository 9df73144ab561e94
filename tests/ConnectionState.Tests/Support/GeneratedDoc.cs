namespace ConnectionStateService.Tests.Support;

/// <summary>A page of docs that is made from the code. With UPDATE_DOCS=1 the page is written, otherwise compared.</summary>
public static class GeneratedDoc
{
    /// <summary>The line that tells readers why they should not edit the page by hand.</summary>
    public const string Note =
        "A test holds this page against the code; `UPDATE_DOCS=1 dotnet test tests/ConnectionState.Tests` renews it.";

    public static void AssertCurrent(string name, IEnumerable<string> lines) => AssertFileCurrent($"docs/{name}", lines);

    /// <summary>The same for a file anywhere in the repository.</summary>
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
