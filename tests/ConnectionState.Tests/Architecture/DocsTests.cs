using System.Text.RegularExpressions;
using ConnectionStateService.Rpc;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;

namespace ConnectionStateService.Tests.Architecture;

/// <summary>Links, paths, tests and test filters in the docs name something that exists.</summary>
public sealed class DocsTests
{
    private static readonly Lazy<string[]> TestClasses = new(FindTestClasses);
    private static readonly Lazy<HashSet<string>> Tests = new(FindTests);

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
    public void Every_link_to_a_heading_names_one_of_its_page(string page)
    {
        var links = Regex.Matches(Repository.Read(page), @"\]\((?!https?:)([^)#]*\.md|)#([^)]+)\)")
            .Select(m => (Page: m.Groups[1].Value is { Length: > 0 } other ? Path.Combine(Path.GetDirectoryName(page)!, other) : page, Anchor: m.Groups[2].Value));

        Assert.All(links, link => Assert.Contains(link.Anchor, Anchors(Repository.Read(link.Page))));
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

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_test_that_the_docs_name_exists(string page)
    {
        var named = Regex.Matches(Repository.Read(page), @"`(\w+Tests\.\w+)`").Select(m => m.Groups[1].Value);

        Assert.All(named, test => Assert.Contains(test, Tests.Value));
    }

    [Fact]
    public void Every_row_of_what_the_service_withstands_names_a_test_and_reasons_and_options_that_exist()
    {
        var reasons = Enum.GetValues<ErrorReason>().Select(reason => RpcErrors.ToWireName(reason)).Concat(["RESOURCE_EXHAUSTED", "INTERNAL", "UNKNOWN"]).ToHashSet();
        var options = Repository.Read("docs/options.md") + Repository.Read("docs/limits.md");
        var rows = Repository.Read("docs/robustness.md").Split('\n').Where(line => line.StartsWith('|') && !Regex.IsMatch(line, @"^\| what (happens|was changed)|^\|---")).ToList();

        Assert.NotEmpty(rows);
        foreach (var row in rows)
        {
            Assert.Matches(@"\| `\w+Tests\.\w+`[^|]* \|$", row);
            Assert.All(Regex.Matches(row, @"`([A-Z]+_?[A-Z_]+)`").Select(m => m.Groups[1].Value), reason => Assert.Contains(reason, reasons));
            Assert.All(
                Regex.Matches(row, @"`((?:Auth|Limits|Watch):\w+|Http2\.\w+|RequestHeadersTimeout)`").Select(m => m.Groups[1].Value),
                option => Assert.Contains($"`{option}`", options, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_decision_that_the_sources_name_exists()
    {
        var pages = Directory.GetFiles(Repository.PathOf("docs/decisions"), "*.md").Select(path => Path.GetFileName(path)[..4]).ToHashSet();
        var named = Files(Repository.PathOf("src"), "*.cs").SelectMany(path => Regex.Matches(Repository.Read(path), @"\bdecision (\d+)").Select(m => (path, m.Groups[1].Value)));

        Assert.All(named, decision => Assert.True(pages.Contains(decision.Value.PadLeft(4, '0')), $"{decision}"));
    }

    // As GitHub makes them of headings.
    private static IEnumerable<string> Anchors(string page) => Regex.Matches(page, "^#+ (.+)$", RegexOptions.Multiline)
        .Select(heading => Regex.Replace(heading.Groups[1].Value.ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-'));

    // Class and method of every test.
    private static HashSet<string> FindTests() =>
    [
        .. from path in Files(Repository.PathOf("tests"), "*.cs")
           from Match type in Regex.Matches(Repository.Read(path), @"^public [\w ]*class (\w+)(.*?)(?=^public |\z)", RegexOptions.Multiline | RegexOptions.Singleline)
           from Match test in Regex.Matches(type.Groups[2].Value, @"\[(?:Fact|Theory|Property\b[^\n]*)\][^;{]*? (\w+)\(")
           select $"{type.Groups[1].Value}.{test.Groups[1].Value}",
    ];

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
