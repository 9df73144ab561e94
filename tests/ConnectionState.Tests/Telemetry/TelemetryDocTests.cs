using System.Diagnostics.Metrics;
using System.Reflection;
using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Tests.Telemetry;

/// <summary>Generates the tables of docs/telemetry.md from the code.</summary>
public sealed class TelemetryDocTests
{
    private const string Page = "docs/telemetry.md";

    // Where the events of a part of the code are. An event keeps its id for ever; new ones get new ids.
    private static readonly Dictionary<string, int> Ranges = new()
    {
        ["Hosting"] = 1_000,
        ["Rpc"] = 2_000,
        ["Merchants"] = 3_000,
        ["Watch"] = 4_000,
        ["Feed"] = 4_000,
        ["Timers"] = 5_000,
        ["Store"] = 6_000,
        ["Telemetry"] = 7_000,
        ["Canary"] = 7_000,
        ["Auth"] = 8_000,
        ["Limits"] = 9_000,
    };

    private static readonly List<(LoggerMessageAttribute Event, string Name, string Category)> Events =
    [
        .. from type in typeof(MerchantRecord).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
           let logged = method.GetCustomAttribute<LoggerMessageAttribute>()
           where logged is not null
           orderby logged.EventId
           select (logged, logged.EventName ?? method.Name, CategoryOf(type)),
    ];

    [Fact]
    public void The_table_of_instruments_matches_the_code() => GeneratedDoc.AssertPartCurrent(Page, "instruments",
    [
        "| instrument | kind | unit | tags | measures |",
        "|---|---|---|---|---|",
        .. PrometheusNames.Instruments.OrderBy(i => i.Instrument.Name, StringComparer.Ordinal).Select(i =>
            $"| `{i.Instrument.Name}` | {KindOf(i.Instrument)} | {UnitOf(i.Instrument)} | {string.Join(", ", i.Tags.Select(tag => $"`{tag}`"))} "
            + $"| {i.Instrument.Description} |"),
    ]);

    [Fact]
    public void The_table_of_log_events_matches_the_code() => GeneratedDoc.AssertPartCurrent(Page, "events",
    [
        "| id | level | logged by | message |",
        "|---|---|---|---|",
        .. Events.Select(e => $"| {e.Event.EventId} | {e.Event.Level} | `{e.Category}` | {e.Event.Message} |"),
    ]);

    [Fact]
    public void Every_log_event_has_an_id_of_its_own_in_the_range_of_its_part()
    {
        Assert.True(Events.Count > 30);
        Assert.Empty(Events.GroupBy(e => e.Event.EventId).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.All(Events, e => Assert.InRange(e.Event.EventId, Ranges[PartOf(e.Category)] + 1, Ranges[PartOf(e.Category)] + 999));
    }

    [Fact]
    public void Instruments_have_names_units_and_descriptions_as_OpenTelemetry_has_them() => Assert.All(PrometheusNames.Instruments, i =>
    {
        Assert.Matches("^connectionstate(\\.[a-z_]+)+$", i.Instrument.Name);
        Assert.Matches("^(s|\\{[a-z]+\\})$", i.Instrument.Unit);
        Assert.EndsWith(".", i.Instrument.Description, StringComparison.Ordinal);
        Assert.All(i.Tags, tag => Assert.Matches("^[a-z]+(\\.[a-z_]+)+$", tag));
    });

    private static string KindOf(Instrument instrument) => instrument switch
    {
        Counter<long> => "counter",
        Histogram<double> => "histogram",
        Gauge<double> => "gauge",
        _ => "up-down counter",
    };

    private static string UnitOf(Instrument instrument) => instrument.Unit!.Trim('{', '}');

    // The methods are in a nested class Log, or in the class itself.
    private static string CategoryOf(Type type) => (type.DeclaringType ?? type).FullName!.Replace("ConnectionStateService.", "", StringComparison.Ordinal);

    private static string PartOf(string category) => category.Split('.')[0];
}
