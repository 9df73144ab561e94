using System.Globalization;

namespace ConnectionStateService.Benchmarks.Results;

/// <summary>A goal of the design, and the figures that say whether it is held.</summary>
/// <param name="What">What is measured.</param>
/// <param name="Section">The section of the benchmarks that measures it.</param>
/// <param name="Figure">The figure.</param>
/// <param name="Per">The figure of the same section that it is divided by, or null.</param>
/// <param name="Bound">The goal.</param>
/// <param name="Format">The format of the goal and the figure.</param>
internal sealed record Goal(string What, string Section, string Figure, string? Per, Bound Bound, string Format)
{
    /// <summary>The number of merchants, deadlines or streams that the goal is about, or null.</summary>
    public double? Scale { get; init; }

    /// <summary>How it is measured.</summary>
    public string How => Per is null ? $"`{Section}`: {Figure}" : $"`{Section}`: {Figure} / {Per}";

    /// <summary>Returns what was measured, or null.</summary>
    public double? Measured(BenchmarkResults results)
    {
        var figure = results.Figure($"{Section}/{Figure}");
        return Per is null ? figure : figure / results.Figure($"{Section}/{Per}");
    }

    /// <summary>Returns "held" or "short", or why neither can be said.</summary>
    public string Verdict(BenchmarkResults results) => Measured(results) switch
    {
        null => "not measured",
        _ when !IsFull(results) => "tried only",
        { } value => Bound.IsHeldBy(value) ? "held" : "**short**",
    };

    /// <summary>Returns what was measured, as text.</summary>
    public string Text(BenchmarkResults results) => Measured(results) switch
    {
        null => "",
        { } value when IsFull(results) => FormatNumber(value),
        { } value => $"{FormatNumber(value)} ({FormatScale(results)})",
    };

    /// <summary>The goal, as text.</summary>
    public string BoundText => $"{Bound.Sign} {FormatNumber(Bound.Value)}";

    private bool IsFull(BenchmarkResults results) =>
        !results.Sections[Section].Quick && (Scale is null || results.Figure($"{Section}/scale") >= Scale);

    private string FormatScale(BenchmarkResults results) => Scale is null
        ? "quick"
        : string.Create(CultureInfo.InvariantCulture, $"with {results.Figure($"{Section}/scale"):#,0}");

    private string FormatNumber(double value) => value.ToString(Format, CultureInfo.InvariantCulture);
}

/// <summary>The least or the largest value that a goal permits.</summary>
internal sealed record Bound(bool IsMinimum, double Value)
{
    public string Sign => IsMinimum ? "≥" : "≤";

    public static Bound AtLeast(double value) => new(true, value);

    public static Bound AtMost(double value) => new(false, value);

    public bool IsHeldBy(double measured) => IsMinimum ? measured >= Value : measured <= Value;
}
