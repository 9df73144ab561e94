using System.Text.RegularExpressions;
using ConnectionState.Tests.Support;

namespace ConnectionState.Tests.House;

/// <summary>What the docs say is there is there.</summary>
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
    public void Every_link_of_a_page_leads_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(Repository.PathOf(page))!;
        var links = Regex.Matches(Repository.Read(page), @"\]\((?!https?:)([^)#]+)").Select(m => m.Groups[1].Value);

        Assert.DoesNotContain(links, link => !Path.Exists(Path.Combine(folder, link)));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("ARCHITECTURE.md")]
    [InlineData("CONTRIBUTING.md")]
    public void Every_path_that_a_page_names_exists(string page)
    {
        var named = Regex.Matches(Repository.Read(page), @"(?<![\w/.])((?:src|protos|tests|samples|docs|standins)/[\w./-]+\w)")
            .Select(m => m.Groups[1].Value).Where(path => !path.Contains("...", StringComparison.Ordinal));

        Assert.DoesNotContain(named, path => !Path.Exists(Repository.PathOf(path)));
    }

    [Fact]
    public void No_file_of_the_product_is_longer_than_200_lines()
    {
        string[] folders = ["src", "samples", "standins"];
        var files = folders.SelectMany(f => Directory.EnumerateFiles(Repository.PathOf(f), "*.cs", SearchOption.AllDirectories))
            .Where(path => !Regex.IsMatch(path, @"/(bin|obj)/"));

        Assert.DoesNotContain(files, path => File.ReadLines(path).Count() > 200);
    }
}
