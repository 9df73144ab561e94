using System.Globalization;

namespace ConnectionStateService.Benchmarks.Results;

/// <summary>Results as Markdown tables.</summary>
internal static class ResultTables
{
    private static readonly (string What, string Section, string Figure)[] Rates =
    [
        ("gRPC echo, through the same client", "throughput", "echo"),
        ("the same reply each time, from a bare gRPC server", "throughput", "fixed-reply"),
        ("`GetPageList`, embedded store", "throughput", "read"),
        ("`GetPageList`, Redis", "throughput-redis", "read"),
        ("etcd: range", "throughput", "etcd-range"),
        ("PostgreSQL: select", "throughput", "postgres-select"),
        ("Committed `RenewGrant`, embedded store: flushed to disk", "throughput", "commit"),
        ("Committed `RenewGrant`, Redis: `appendfsync everysec`", "throughput-redis", "commit"),
        ("etcd: compare-and-put, flushed to disk", "throughput", "etcd-put"),
        ("PostgreSQL: transaction of four statements, flushed to disk", "throughput", "postgres-commit"),
    ];

    /// <summary>Every goal with what was measured at the start and now.</summary>
    public static IEnumerable<string> OfGoals(BenchmarkResults start, BenchmarkResults now) =>
    [
        "| what | goal | start | now | | how |",
        "|---|---|---|---|---|---|",
        .. Goals.All.Select(goal =>
            $"| {goal.What} | {goal.BoundText} | {goal.Text(start)} | {goal.Text(now)} | {goal.Verdict(now)} | {goal.How} |"),
    ];

    /// <summary>Calls per second of the service and of what it is compared with. What was not measured is left out.</summary>
    public static IEnumerable<string> OfRates(BenchmarkResults now) =>
    [
        "| 64 callers, two cores that also make the load | calls/s |",
        "|---|---|",
        .. from rate in Rates
           let figure = now.Figure($"{rate.Section}/{rate.Figure}")
           where figure is not null
           select $"| {rate.What} | {Number(figure)} |",
    ];

    /// <summary>Every figure.</summary>
    public static IEnumerable<string> OfFigures(BenchmarkResults start, BenchmarkResults now) =>
    [
        "| section | figure | start | now |",
        "|---|---|---|---|",
        .. from section in start.Sections.Keys.Union(now.Sections.Keys).Order(StringComparer.Ordinal)
           from figure in FiguresOf(start, section).Union(FiguresOf(now, section)).Order(StringComparer.Ordinal)
           let name = $"{section}/{figure}"
           select $"| {section} | {figure} | {Number(start.Figure(name))} | {Number(now.Figure(name))} |",
    ];

    /// <summary>The bytes that the pure work of a call allocates.</summary>
    public static IEnumerable<string> OfAllocations(IReadOnlyDictionary<string, long> start, IReadOnlyDictionary<string, long> now) =>
    [
        "| what | start | now |",
        "|---|---|---|",
        .. start.Keys.Union(now.Keys).Order(StringComparer.Ordinal).Select(name =>
            $"| {name} | {Number(start.TryGetValue(name, out var old) ? old : null)} | {Number(now.TryGetValue(name, out var bytes) ? bytes : null)} |"),
    ];

    /// <summary>The machine, the versions, and which build each section measured.</summary>
    public static IEnumerable<string> OfSources(BenchmarkResults start, BenchmarkResults now) =>
    [
        $"{now.Machine}. {string.Join(", ", now.Versions.Select(version => $"{version.Key}: {version.Value}"))}.",
        "",
        "| section | start | now |",
        "|---|---|---|",
        .. start.Sections.Keys.Union(now.Sections.Keys).Order(StringComparer.Ordinal)
            .Select(section => $"| {section} | {Source(start, section)} | {Source(now, section)} |"),
    ];

    private static string[] FiguresOf(BenchmarkResults results, string section) =>
        results.Sections.TryGetValue(section, out var measured) ? [.. measured.Figures.Keys] : [];

    private static string Source(BenchmarkResults results, string section) => results.Sections.TryGetValue(section, out var measured)
        ? $"{measured.Date}, {measured.Commit[..Math.Min(measured.Commit.Length, 10)]}{(measured.Quick ? ", quick" : "")}"
        : "";

    private static string Number(double? value) => value?.ToString("#,0.###", CultureInfo.InvariantCulture) ?? "";
}
