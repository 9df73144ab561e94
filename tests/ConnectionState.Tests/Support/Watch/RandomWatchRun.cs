using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>
/// One merchant that is changed at random, while streams on it are opened, left and resumed at random. The same seed makes the same
/// choices; how they fall among the service's threads differs.
/// </summary>
internal sealed class RandomWatchRun(Service service, int seed) : IAsyncDisposable
{
    /// <summary>The rules that the service must have: few slots, so that moves meet every edge.</summary>
    public static readonly Rules Rules = new() { StandardPages = 1, TrialPages = 1, OneHolderPerPage = false };

    private const int MostOpen = 6;

    private readonly Random random = new(seed);
    private readonly WatchedMerchant merchant = new(service);
    private readonly Play play = new(Rules);
    private readonly List<StreamRecorder> open = [];
    private readonly List<string> tokens = [];

    /// <summary>All that was received.</summary>
    public IReadOnlyList<RecordedStream> Streams => merchant.Streams;

    /// <summary>Does it all; the answer is what was not as it was promised.</summary>
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

        return [.. WatchPromises.All(Streams, merchant.History, expected).Select(found => $"seed {seed}: {found}")];
    }

    public ValueTask DisposeAsync() => merchant.DisposeAsync();

    // The play is the same merchant without a store: it says what can be asked now.
    private async Task ChangeAsync()
    {
        var command = SmallWorld.Pick(play, new Draw((byte)random.Next(256), (byte)random.Next(256)));
        play.Do(command);
        await merchant.HandleAsync(command);
    }

    private async Task WatchAsync()
    {
        if (open.Count == MostOpen || (open.Count > 0 && random.Next(3) == 0))
        {
            await LeaveAsync(open[random.Next(open.Count)]);
            return;
        }

        var stream = random.Next(6) switch
        {
            0 => merchant.Open(),
            1 or 2 when tokens.Count > 0 => merchant.Open(tokens[random.Next(tokens.Count)]),
            3 => merchant.OpenAt(NeverWas()),
            _ => merchant.OpenAt(merchant.Back(random.Next(101))),
        };
        open.Add(stream);
        if (random.Next(2) == 0)
        {
            await stream.FirstAsync();
        }
    }

    private async Task LeaveAsync(StreamRecorder stream)
    {
        open.Remove(stream);
        await stream.HangUpAsync();
        if (stream.Token is { } token)
        {
            tokens.Add(token);
        }
    }

    // A place of a history that is not this one, up to a little in the future.
    private HistoryPosition NeverWas() => new(Math.Max(1, merchant.Head.Revision + random.Next(-10, 10)), (ulong)random.NextInt64(1, long.MaxValue));
}
