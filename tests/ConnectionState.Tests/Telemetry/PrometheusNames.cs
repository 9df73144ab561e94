using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using ConnectionStateService.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Telemetry;

/// <summary>The instruments of the service, and the names that they have in Prometheus.</summary>
internal static class PrometheusNames
{
    /// <summary>All instruments, with their tags.</summary>
    public static IReadOnlyList<(Instrument Instrument, string[] Tags)> Instruments { get; } = [.. FindInstruments()];

    /// <summary>All series with their labels.</summary>
    public static Dictionary<string, string[]> All { get; } =
        Instruments.SelectMany(i => Of(i.Instrument.Name)).ToDictionary(series => series.Name, series => series.Labels);

    /// <summary>The series of an instrument, with their labels.</summary>
    public static IEnumerable<(string Name, string[] Labels)> Of(string name)
    {
        var (instrument, tags) = Instruments.Single(i => i.Instrument.Name == name);
        string[] labels = [.. tags.Select(Plain)];
        var plain = Plain(name) + (instrument.Unit == "s" ? "_seconds" : "");
        return instrument switch
        {
            Histogram<double> => [($"{plain}_bucket", [.. labels, "le"]), ($"{plain}_sum", labels), ($"{plain}_count", labels)],
            Counter<long> => [($"{plain}_total", labels)],
            _ => [(plain, labels)],
        };
    }

    /// <summary>Returns the series of a scrape, each with the labels that it has.</summary>
    public static Dictionary<string, string[]> ParseSeries(string scraped) => scraped.Split('\n')
        .Select(line => Regex.Match(line, @"^(\w+)(?:\{(.*)\})? \S+"))
        .Where(match => match.Success)
        .GroupBy(match => match.Groups[1].Value)
        .ToDictionary(
            group => group.Key,
            group => group.SelectMany(match => Regex.Matches(match.Groups[2].Value, @"(\w+)=""").Select(label => label.Groups[1].Value)).Distinct().ToArray());

    private static string Plain(string name) => name.Replace('.', '_');

    private static IEnumerable<(Instrument, string[])> FindInstruments()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var found = new List<Instrument>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    found.Add(instrument);
                }
            },
        };
        listener.Start();
        var instruments = new Instruments(meters);
        instruments.ObserveOpenStreams(() => 0, () => 0, () => 0);
        instruments.ObserveFeedStreams(() => 0, () => 0);
        return found.Select(instrument => (instrument, instruments.Tags[instrument.Name]));
    }
}
