namespace ConnectionStateService.Benchmarks.Load;

/// <summary>A kind of call, and the figure that its rate is recorded as.</summary>
/// <param name="Figure">The name of the figure.</param>
/// <param name="Call">Makes the call of the caller with this number.</param>
internal sealed record Work(string Figure, Func<int, Task> Call);

/// <summary>
/// Measures kinds of calls in turn: first until the rate of each is steady, then in rounds, of which the median counts. A round is made of
/// short slices, each of which measures every kind, so that other load on the machine affects all alike.
/// </summary>
internal sealed record Rounds(int Count, int Slices, TimeSpan SliceLength, int WarmUpsAtMost)
{
    // A rate is steady once the last three warm-ups differ by less than this.
    private const double SteadyWithin = 0.08;
    private const int SteadyWarmUps = 3;

    public static Rounds Full { get; } = new(Count: 3, Slices: 4, TimeSpan.FromSeconds(1), WarmUpsAtMost: 7);

    public static Rounds Quick { get; } = new(Count: 3, Slices: 1, TimeSpan.FromSeconds(1), WarmUpsAtMost: 2);

    private TimeSpan WarmUpLength => SliceLength * Math.Min(Slices, 3);

    public async Task<IReadOnlyDictionary<string, double>> MedianRatesAsync(IReadOnlyList<Work> kinds)
    {
        await WarmUpAsync(kinds);
        var rounds = kinds.ToDictionary(work => work.Figure, _ => new List<double>());
        for (var round = 0; round < Count; round++)
        {
            foreach (var (figure, rate) in await MeasureRoundAsync(kinds))
            {
                rounds[figure].Add(rate);
            }
        }

        foreach (var (figure, rates) in rounds)
        {
            Console.WriteLine($"  {figure}: {string.Join(", ", rates.Select(rate => $"{rate:N0}"))} calls/s");
        }

        return rounds.ToDictionary(pair => pair.Key, pair => Median(pair.Value));
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private async Task<IEnumerable<(string Figure, double Rate)>> MeasureRoundAsync(IReadOnlyList<Work> kinds)
    {
        var slices = kinds.ToDictionary(work => work.Figure, _ => new List<double>());
        for (var slice = 0; slice < Slices; slice++)
        {
            // In another order each time: the speed of the machine may change in step with a fixed one.
            foreach (var work in kinds.Shuffle())
            {
                slices[work.Figure].Add(await ClosedLoop.RateAsync(work.Call, SliceLength));
            }
        }

        return slices.Select(pair => (pair.Key, pair.Value.Average()));
    }

    private async Task WarmUpAsync(IReadOnlyList<Work> kinds)
    {
        var rates = kinds.ToDictionary(work => work.Figure, _ => new List<double>());
        for (var warmUp = 0; warmUp < WarmUpsAtMost && kinds.Any(work => !IsSteady(rates[work.Figure])); warmUp++)
        {
            foreach (var work in kinds.Where(work => !IsSteady(rates[work.Figure])))
            {
                rates[work.Figure].Add(await ClosedLoop.RateAsync(work.Call, WarmUpLength));
            }
        }

        foreach (var (figure, measured) in rates)
        {
            var steady = IsSteady(measured) ? "" : " (not steady)";
            Console.WriteLine($"  warm-up of {figure}: {string.Join(", ", measured.Select(rate => $"{rate:N0}"))}{steady}");
        }
    }

    private static bool IsSteady(List<double> rates)
    {
        if (rates.Count < SteadyWarmUps)
        {
            return false;
        }

        var last = rates[^SteadyWarmUps..];
        return last.Max() < last.Min() * (1 + SteadyWithin);
    }
}
