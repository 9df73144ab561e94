using System.Globalization;
using System.Net;

namespace ConnectionStateService.Benchmarks.Results;

/// <summary>A chart with two horizontal bars per row, start and now, as SVG.</summary>
/// <param name="Title">The title, with the unit.</param>
/// <param name="Rows">The labels and the names of the figures.</param>
internal sealed record BarChart(string Title, params (string Label, string Figure)[] Rows)
{
    private const int Width = 760;
    private const int Left = 250;
    private const int Right = 90;
    private const int Top = 64;
    private const int RowHeight = 40;
    private const int BarHeight = 14;
    private const string StartColor = "#9aa5b1";
    private const string NowColor = "#1f6feb";

    /// <summary>The charts of docs/benchmarks by file name.</summary>
    public static IReadOnlyDictionary<string, BarChart> All { get; } = new Dictionary<string, BarChart>
    {
        ["reads.svg"] = new(
            "Reads per second, 64 callers",
            ("gRPC echo, same client", "throughput/echo"),
            ("the same reply from a bare server", "throughput/fixed-reply"),
            ("GetPageList, embedded store", "throughput/read"),
            ("GetPageList, Redis", "throughput-redis/read"),
            ("PostgreSQL: select", "throughput/postgres-select"),
            ("etcd: range", "throughput/etcd-range")),
        ["commits.svg"] = new(
            "Commits per second, 64 callers",
            ("RenewGrant, embedded store (flushed)", "throughput/commit"),
            ("RenewGrant, Redis (everysec)", "throughput-redis/commit"),
            ("the same on one merchant, embedded", "throughput/commit-one-merchant"),
            ("the same on one merchant, Redis", "throughput-redis/commit-one-merchant"),
            ("etcd: compare-and-put (flushed)", "throughput/etcd-put"),
            ("PostgreSQL: transaction (flushed)", "throughput/postgres-commit")),
        ["idle.svg"] = new(
            "Commands per second on Redis while idle",
            ("1 process", "idle-fleet/commands-per-second-1"),
            ("3 processes", "idle-fleet/commands-per-second-3"),
            ("10 processes", "idle-fleet/commands-per-second-10")),
    };

    /// <summary>Draws the chart.</summary>
    public IEnumerable<string> Draw(BenchmarkResults start, BenchmarkResults now)
    {
        var height = Top + (Rows.Length * RowHeight) + 12;
        var largest = Rows.SelectMany(row => new[] { start.Figure(row.Figure), now.Figure(row.Figure) }).Max() ?? 1;
        yield return $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" font-family="sans-serif" font-size="13">""";
        yield return $"""<rect width="{Width}" height="{height}" fill="#ffffff"/>""";
        yield return Text(16, 26, Title, "font-size=\"16\" font-weight=\"bold\"");
        yield return $"""<rect x="{Left}" y="38" width="12" height="12" fill="{StartColor}"/>""";
        yield return Text(Left + 18, 49, "start");
        yield return $"""<rect x="{Left + 70}" y="38" width="12" height="12" fill="{NowColor}"/>""";
        yield return Text(Left + 88, 49, "now");
        for (var n = 0; n < Rows.Length; n++)
        {
            var y = Top + (n * RowHeight);
            yield return Text(16, y + 20, Rows[n].Label);
            foreach (var line in Bar(y + 2, start.Figure(Rows[n].Figure), largest, StartColor).Concat(
                Bar(y + 4 + BarHeight, now.Figure(Rows[n].Figure), largest, NowColor)))
            {
                yield return line;
            }
        }

        yield return "</svg>";
    }

    private static IEnumerable<string> Bar(int y, double? value, double largest, string color)
    {
        if (value is not { } measured)
        {
            yield break;
        }

        var width = (int)Math.Max(1, Math.Round(measured / largest * (Width - Left - Right)));
        yield return $"""<rect x="{Left}" y="{y}" width="{width}" height="{BarHeight}" fill="{color}"/>""";
        yield return Text(Left + width + 6, y + BarHeight - 3, measured.ToString("#,0", CultureInfo.InvariantCulture), "font-size=\"12\"");
    }

    private static string Text(int x, int y, string text, string attributes = "") =>
        $"""<text x="{x}" y="{y}" fill="#1f2328"{(attributes.Length > 0 ? " " + attributes : "")}>{WebUtility.HtmlEncode(text)}</text>""";
}
