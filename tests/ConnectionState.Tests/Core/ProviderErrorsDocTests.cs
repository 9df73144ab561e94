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
        "The signal that `ReportProviderError` derives from an error. The first matching row applies; an error without a matching row, or",
        "with the signal `none`, is ignored. Rules configured in `Rules:ProviderErrors` take precedence.",
        "",
        GeneratedDoc.Note,
        .. Enum.GetValues<Provider>().SelectMany(Section),
    ]);

    private static IEnumerable<string> Section(Provider provider) =>
    [
        "",
        $"## {provider}",
        "",
        "| code | subcode | message contains | meaning | signal |",
        "|---|---|---|---|---|",
        .. ProviderErrors.Table.Where(rule => rule.Provider == provider).Select(Row),
    ];

    private static string Row(ProviderErrorRule rule) =>
        $"| {Codes(rule)} | {Number(rule.Subcode)} | {rule.Text ?? "any"} | {rule.Meaning} | {rule.Signal?.ToString() ?? "none"} |";

    private static string Codes(ProviderErrorRule rule) =>
        rule.LastCode is { } last ? $"{Number(rule.Code)} to {Number(last)}" : Number(rule.Code);

    private static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "any";
}
