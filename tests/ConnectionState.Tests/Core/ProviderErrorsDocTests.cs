using System.Globalization;
using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Core;

/// <summary>docs/provider-errors.md shows the table as it is.</summary>
public class ProviderErrorsDocTests
{
    [Fact]
    public void The_page_about_provider_errors_is_what_the_code_does() => GeneratedDoc.AssertCurrent("provider-errors.md",
    [
        "# What the providers' errors mean",
        "",
        "How `ReportProviderError` reads an error: the first line that matches counts, and an error that matches none means nothing for",
        "the connection. Lines in the configuration, `Rules:ProviderErrors`, are asked before these.",
        "",
        GeneratedDoc.Note,
        .. Enum.GetValues<Provider>().SelectMany(Section),
    ]);

    private static IEnumerable<string> Section(Provider provider) =>
    [
        "",
        $"## {provider}",
        "",
        "| code | subcode | message contains | what happened | signal |",
        "|---|---|---|---|---|",
        .. ProviderErrors.Table.Where(rule => rule.Provider == provider).Select(Row),
    ];

    private static string Row(ProviderErrorRule rule) =>
        $"| {Codes(rule)} | {Number(rule.Subcode)} | {rule.Text ?? "any"} | {rule.Meaning} | {rule.Signal?.ToString() ?? "none"} |";

    private static string Codes(ProviderErrorRule rule) =>
        rule.LastCode is { } last ? $"{Number(rule.Code)} to {Number(last)}" : Number(rule.Code);

    private static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "any";
}
