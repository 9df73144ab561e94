using System.Reflection;
using System.Text.RegularExpressions;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Every business rule is shown in the browser, by a test that names it.</summary>
public sealed partial class BrowserRuleTests
{
    [Fact]
    public async Task Every_rule_of_the_docs_has_a_test_in_the_browser_that_begins_with_its_number()
    {
        var rules = RuleRows().Matches(await File.ReadAllTextAsync(Repository.PathOf("docs/rules.md"))).Select(row => row.Groups[1].Value);
        var shown = typeof(ConsoleTest).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(ConsoleTest)))
            .SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttributes<FactAttribute>().Any(fact => fact.Skip is null))
            .SelectMany(method => LeadingRules().Match(method.Name).Groups[1].Captures.Select(rule => rule.Value))
            .ToHashSet();

        Assert.Equal(22, rules.Count());
        Assert.Empty(rules.Except(shown));
    }

    [GeneratedRegex(@"^\| (R\d+) \|", RegexOptions.Multiline)]
    private static partial Regex RuleRows();

    [GeneratedRegex(@"^(?:(R\d+)_)+")]
    private static partial Regex LeadingRules();
}
