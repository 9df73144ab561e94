using System.Text.RegularExpressions;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Architecture;

/// <summary>Links, paths and test filters in the docs name something that exists.</summary>
public sealed class DocsTests
{
    private static readonly Lazy<string[]> TestClasses = new(FindTestClasses);

    public static TheoryData<string> Pages => [.. Files(Repository.Root, "*.md")];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_relative_link_in_the_docs_has_a_target(string page)
    {
        var folder = Path.GetDirectoryName(Repository.PathOf(page))!;
        var links = Regex.Matches(Repository.Read(page), @"\]\((?!https?:)([^)#]+)").Select(m => m.Groups[1].Value);

        Assert.DoesNotContain(links, link => !Path.Exists(Path.Combine(folder, link)));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_repository_path_in_the_docs_exists(string page)
    {
        var named = Regex.Matches(Repository.Read(page), @"(?<![\w/.])((?:src|protos|tests|samples|docs)/[\w./-]+\w)")
            .Select(m => m.Groups[1].Value)
            .Where(path => !path.Contains("...", StringComparison.Ordinal) && path != "src/gen");   // src/gen: in a project of the reader

        Assert.DoesNotContain(named, path => !Path.Exists(Repository.PathOf(path)));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_test_filter_in_the_docs_names_a_test_class(string page)
    {
        var filters = Regex.Matches(Repository.Read(page), @"(?:FullyQualifiedName~|--filter (?!'?FullyQualifiedName))'?([\w.]+)")
            .Select(m => m.Groups[1].Value);

        Assert.DoesNotContain(filters, filter => !TestClasses.Value.Any(name => name.Contains(filter, StringComparison.Ordinal)));
    }

    // The full names of the classes of all test projects, read from the sources: this project does not reference the others.
    private static string[] FindTestClasses() =>
    [
        .. from path in Files(Repository.PathOf("tests"), "*.cs")
           let source = Repository.Read(path)
           let space = Regex.Match(source, @"^namespace ([\w.]+);", RegexOptions.Multiline).Groups[1].Value
           from Match type in Regex.Matches(source, @"^public [\w ]*class (\w+)", RegexOptions.Multiline)
           select $"{space}.{type.Groups[1].Value}",
    ];

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Root, path))
            .Where(path => !Regex.IsMatch(path, @"(^|/)(bin|obj|node_modules)/"));
}
