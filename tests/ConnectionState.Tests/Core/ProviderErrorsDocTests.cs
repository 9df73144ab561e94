using System.Globalization;
using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Core;

/// <summary>docs/provider-errors.md is generated from the table.</summary>
public class ProviderErrorsDocTests
{
    [Fact]
    public void The_provider_errors_page_matches_the_table() => GeneratedDoc.AssertCurrent("provider-errors.md",
    [
        "# Provider errors",
        "",
        "The signal that `ReportProviderError` derives from an error, and how certain it is. The first matching row applies. Rules configured in",
        "`Rules:ProviderErrors` take precedence.",
        "",
        "- **HARD**: the error is about this app and this page. The connection is lost at once.",
        "- **SOFT**: it may be. A connected page becomes suspect. It is lost when errors of the same meaning persist; see",
        "  `Rules:SoftSignalsToLose` in [options.md](options.md#rules).",
        "- **NONE**: the error is about one message, person or post, or about the moment. It is ignored, like an error without a matching row.",
        "- **SOFT before expiry**: HARD, but SOFT if the error was observed before the token's known expiry.",
        "",
        "The requested object is what the failed call asked for: `PAGE` matches only if that was the page itself.",
        "",
        GeneratedDoc.Note,
        .. Enum.GetValues<Provider>().SelectMany(Section),
    ]);

    private static IEnumerable<string> Section(Provider provider) =>
    [
        "",
        $"## {provider}",
        "",
        "| code | subcode | requested object | message contains | meaning | signal | strength |",
        "|---|---|---|---|---|---|---|",
        .. ProviderErrors.Table.Where(rule => rule.Provider == provider).Select(Row),
    ];

    private static string Row(ProviderErrorRule rule) =>
        $"| {Codes(rule)} | {Number(rule.Subcode)} | {RequestedObject(rule)} | {rule.Text ?? "any"} | {rule.Meaning} "
        + $"| {rule.Signal?.ToString() ?? "none"} | {Strength(rule)} |";

    private static string RequestedObject(ProviderErrorRule rule) =>
        rule.RequestedObject is ProviderObject.Unspecified ? "any" : rule.RequestedObject.ToString().ToUpperInvariant();

    private static string Strength(ProviderErrorRule rule) =>
        rule.Strength.ToString().ToUpperInvariant() + (rule.SoftBeforeExpiry ? ", SOFT before expiry" : "");

    private static string Codes(ProviderErrorRule rule) =>
        rule.LastCode is { } last ? $"{Number(rule.Code)} to {Number(last)}" : Number(rule.Code);

    private static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "any";
}
