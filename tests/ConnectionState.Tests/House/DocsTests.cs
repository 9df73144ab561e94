using System.Text.RegularExpressions;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.House;

/// <summary>Links and paths in the docs exist.</summary>
public sealed class DocsTests
{
    public static TheoryData<string> Pages =>
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Root, path))
            .Where(path => !Regex.IsMatch(path, @"(^|/)(bin|obj|node_modules)/")),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_relative_link_in_the_docs_has_a_target(string page)
    {
        var folder = Path.GetDirectoryName(Repository.PathOf(page))!;
        var links = Regex.Matches(Repository.Read(page), @"\]\((?!https?:)([^)#]+)").Select(m => m.Groups[1].Value);

        Assert.DoesNotContain(links, link => !Path.Exists(Path.Combine(folder, link)));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("ARCHITECTURE.md")]
    [InlineData("CONTRIBUTING.md")]
    public void Every_repository_path_in_the_docs_exists(string page)
    {
        var named = Regex.Matches(Repository.Read(page), @"(?<![\w/.])((?:src|protos|tests|samples|docs)/[\w./-]+\w)")
            .Select(m => m.Groups[1].Value).Where(path => !path.Contains("...", StringComparison.Ordinal));

        Assert.DoesNotContain(named, path => !Path.Exists(Repository.PathOf(path)));
    }
}
