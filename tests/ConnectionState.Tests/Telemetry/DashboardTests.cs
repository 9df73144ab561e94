using System.Text.Json;
using System.Text.RegularExpressions;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Telemetry;

/// <summary>The dashboard and the alerts ask for series and labels that exist.</summary>
public sealed class DashboardTests
{
    private const string Dashboard = "deploy/grafana/dashboard.json";
    private const string Alerts = "deploy/grafana/alerts.yaml";

    // Labels that Prometheus adds to every series, and those of the alerts themselves.
    private static readonly string[] Added = ["job", "instance"];

    public static TheoryData<string> Queries => [.. DashboardQueries().Concat(AlertQueries()).Distinct()];

    [Theory]
    [MemberData(nameof(Queries))]
    public void Every_query_asks_for_series_and_labels_that_exist(string query)
    {
        // Selectors and groupings name labels; what remains are series and functions.
        var names = Regex.Replace(query, @"\{[^}]*\}|\b(by|without) ?\([^)]*\)", "");
        var series = Regex.Matches(names, @"connectionstate_\w+").Select(match => match.Value).ToList();
        var recorded = Regex.Matches(names, @"connectionstate:[\w:]+").Select(match => match.Value).ToList();
        var selectors = Regex.Matches(query, @"\{([^}]*)\}").SelectMany(match => LabelsIn(match.Groups[1].Value));
        var groups = Regex.Matches(query, @"\b(?:by|without) ?\(([^)]*)\)").SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries));

        Assert.True(series.Count + recorded.Count > 0, "The query asks for nothing of this service.");
        Assert.All(recorded, name => Assert.Contains(name, RecordedNames()));
        Assert.All(series, name => Assert.Contains(name, PrometheusNames.All.Keys));
        var labels = series.SelectMany(name => PrometheusNames.All[name]).Concat(Added).ToList();
        Assert.All(selectors.Concat(groups), label => Assert.Contains(label, labels));
    }

    [Fact]
    public void Every_instrument_is_on_the_dashboard()
    {
        var queries = string.Join('\n', DashboardQueries());

        Assert.All(PrometheusNames.Instruments, i =>
            Assert.Contains(PrometheusNames.Of(i.Instrument.Name), series => queries.Contains(series.Name, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_alerts_use_the_published_objective()
    {
        var alerts = Repository.Read(Alerts);

        Assert.Contains($"le=\"{Instruments.DeliveryObjective.TotalSeconds}\"", alerts, StringComparison.Ordinal);
        Assert.Contains("at most 50 milliseconds", Repository.Read("docs/telemetry.md"), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMilliseconds(50), Instruments.DeliveryObjective);
    }

    [Theory]
    [InlineData("connectionstate_no_such_total")]
    [InlineData("sum by (merchant_id) (connectionstate_commits_total)")]
    [InlineData("connectionstate_commits_total{merchant=\"m\"}")]
    [InlineData("rate(http_requests_total[5m])")]
    [InlineData("connectionstate:no_such_rule")]
    public void A_query_for_something_else_is_found(string query) =>
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Every_query_asks_for_series_and_labels_that_exist(query));

    private static IEnumerable<string> LabelsIn(string selector) => Regex.Matches(selector, @"(\w+)\s*(?:=~|!~|!=|=)").Select(match => match.Groups[1].Value);

    private static IEnumerable<string> DashboardQueries()
    {
        using var dashboard = JsonDocument.Parse(Repository.Read(Dashboard));
        return [.. Strings(dashboard.RootElement, "expr")];
    }

    private static IEnumerable<string> Strings(JsonElement element, string property) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p =>
            p.Name == property && p.Value.ValueKind == JsonValueKind.String ? [p.Value.GetString()!] : Strings(p.Value, property)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(e => Strings(e, property)),
        _ => [],
    };

    // Each expression is on one line.
    private static IEnumerable<string> AlertQueries() =>
        Regex.Matches(Repository.Read(Alerts), @"^\s+expr: (.+)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value);

    private static HashSet<string> RecordedNames() =>
        [.. Regex.Matches(Repository.Read(Alerts), @"^\s+- record: (\S+)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value)];
}
