using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>
/// Changes one merchant at random, and opens, cancels and resumes streams on it at random. The same seed makes the same choices; the
/// interleaving with the service's threads differs.
/// </summary>
internal sealed class RandomWatchRun(Service service, int seed, ListsStreams? lists = null) : IAsyncDisposable
{
    /// <summary>The rules that the service must have: few slots, so that the commands reach every limit.</summary>
    public static readonly Rules Rules = new() { StandardPages = 1, TrialPages = 1, OneHolderPerPage = false };

    /// <summary>The maximum number of open streams, and the last one.</summary>
    public const int MaxStreams = MaxOpen + 1;

    private const int MaxOpen = 6;

    private readonly Random random = new(seed);
    private readonly WatchedMerchant merchant = new(service, lists);
    private readonly CoreMerchant model = new(Rules);
    private readonly List<StreamRecorder> open = [];
    private readonly List<string> tokens = [];

    /// <summary>All streams that were opened.</summary>
    public IReadOnlyList<RecordedStream> Streams => merchant.Streams;

    /// <summary>Runs, and returns the violated promises.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(WatchExpectations expected)
    {
        var moves = seed % 10 == 0 ? 200 : random.Next(20, 60);
        for (var i = 0; i < moves; i++)
        {
            await (random.Next(3) == 0 ? WatchAsync() : ChangeAsync());
        }

        open.Add(merchant.Open());
        foreach (var stream in open)
        {
            await merchant.CaughtUpAsync(stream);
        }

        if (seed % 10 == 1)
        {
            await open[0].UntilAsync(s => s.Messages[^1].IsCheckpoint);
        }

        return WatchPromises.Violations(Streams, merchant.History, expected);
    }

    public ValueTask DisposeAsync() => merchant.DisposeAsync();

    // The model is the same merchant without a store: it says what can be asked now.
    private async Task ChangeAsync()
    {
        var command = CommandGenerator.Next(model, new CommandSeed((byte)random.Next(256), (byte)random.Next(256)));
        model.Execute(command);
        await merchant.HandleAsync(command);
    }

    private async Task WatchAsync()
    {
        if (open.Count == MaxOpen || (open.Count > 0 && random.Next(3) == 0))
        {
            await CancelAsync(open[random.Next(open.Count)]);
            return;
        }

        var stream = random.Next(6) switch
        {
            0 => merchant.Open(),
            1 or 2 when tokens.Count > 0 => merchant.Open(tokens[random.Next(tokens.Count)]),
            3 => merchant.OpenAt(NeverExisted()),
            _ => merchant.OpenAt(merchant.Back(random.Next(101))),
        };
        open.Add(stream);
        if (random.Next(2) == 0)
        {
            await stream.FirstAsync();
        }
    }

    private async Task CancelAsync(StreamRecorder stream)
    {
        open.Remove(stream);
        await stream.CancelAsync();
        if (stream.Token is { } token)
        {
            tokens.Add(token);
        }
    }

    // A position of another history, at most slightly in the future.
    private HistoryPosition NeverExisted() => new(Math.Max(1, merchant.Head.Revision + random.Next(-10, 10)), (ulong)random.NextInt64(1, long.MaxValue));
}
