using System.Text.Json;
using ConnectionStateService.Benchmarks.Results;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Benchmarks;

/// <summary>The figures in the docs are those of the committed results.</summary>
public sealed class BenchmarksDocTests
{
    private const string Folder = "docs/benchmarks";
    private readonly BenchmarkResults start = BenchmarkResults.Read(Repository.PathOf($"{Folder}/start.json"));
    private readonly BenchmarkResults now = BenchmarkResults.Read(Repository.PathOf($"{Folder}/latest.json"));

    [Fact]
    public void The_page_has_the_goals_and_figures_of_the_committed_results()
    {
        GeneratedDoc.AssertPartCurrent("docs/benchmarks.md", "goals", ResultTables.OfGoals(start, now));
        GeneratedDoc.AssertPartCurrent("docs/benchmarks.md", "figures", ResultTables.OfFigures(start, now));
        GeneratedDoc.AssertPartCurrent(
            "docs/benchmarks.md", "allocations", ResultTables.OfAllocations(Allocations("micro-start"), Allocations("micro")));
        GeneratedDoc.AssertPartCurrent("docs/benchmarks.md", "sources", ResultTables.OfSources(start, now));
    }

    [Fact]
    public void The_readme_has_the_rates_of_the_committed_results() =>
        GeneratedDoc.AssertPartCurrent("README.md", "rates", ResultTables.OfRates(now));

    [Fact]
    public void The_charts_are_those_of_the_committed_results()
    {
        foreach (var (name, chart) in BarChart.All)
        {
            GeneratedDoc.AssertFileCurrent($"{Folder}/{name}", chart.Draw(start, now));
        }

        Assert.Equal(BarChart.All.Keys.Order(), Directory.GetFiles(Repository.PathOf(Folder), "*.svg").Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Every_goal_names_figures_that_the_benchmarks_have_recorded() =>
        Assert.All(Goals.All, goal => Assert.True(
            (goal.Measured(start) ?? goal.Measured(now)) is not null, $"Neither start.json nor latest.json has {goal.How}."));

    private static Dictionary<string, long> Allocations(string name) =>
        JsonSerializer.Deserialize<Dictionary<string, long>>(Repository.Read($"{Folder}/{name}.json"))!;
}
