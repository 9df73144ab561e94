using System.Collections.Concurrent;
using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support.Watch;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Watches merchants through all replicas, hangs up now and then and goes on elsewhere, and keeps all that was received.</summary>
internal sealed class RandomWatchers(int seed, IReadOnlyList<ConnectionStateClient> replicas, IReadOnlyCollection<string> merchants)
{
    private const int PerMerchant = 3;
    private static readonly TimeSpan LongestStay = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    private readonly ConcurrentBag<RecordedStream> streams = [];
    private readonly ConcurrentDictionary<string, StreamRecorder> last = new();

    /// <summary>How many streams there were.</summary>
    public int Count => streams.Count;

    /// <summary>Watches until told to stop; the last streams stay open.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(merchants.SelectMany(merchant => Enumerable.Range(0, PerMerchant).Select(
        n => Task.Run(() => WatchAsync(merchant, n, stop), CancellationToken.None))));

    /// <summary>Waits until all have come to the end of the history, ends them, and says what was not as it was promised.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync(IConnectionStore store, WatchExpectations expected)
    {
        var broken = new List<string>();
        foreach (var merchant in merchants)
        {
            var history = new HistoryLog();
            await history.ReadAsync(store, merchant);
            for (var n = 0; n < PerMerchant; n++)
            {
                broken.AddRange(await EndAsync(merchant, n, history));
            }

            broken.AddRange(WatchPromises.All([.. streams.Where(stream => stream.MerchantId == merchant)], history, expected));
        }

        return broken;
    }

    private async Task WatchAsync(string merchant, int number, CancellationToken stop)
    {
        var random = new Random(HashCode.Combine(seed, number, merchants.Count));
        string? token = null;
        while (true)
        {
            var reads = new RecorderOptions { ReadsAfterEach = number == 0 };
            var recorder = StreamRecorder.Open(replicas[random.Next(replicas.Count)], merchant, token, reads);
            try
            {
                await Task.Delay(LongestStay * random.NextDouble(), stop);
            }
            catch (OperationCanceledException)
            {
                await recorder.DisposeAsync();
                streams.Add(recorder.Stream);
                last[$"{merchant} {number}"] = StreamRecorder.Open(replicas[number % replicas.Count], merchant, recorder.Token);
                return;
            }

            await recorder.DisposeAsync();
            streams.Add(recorder.Stream);
            token = random.Next(10) == 0 ? null : recorder.Token;
        }
    }

    // What is committed must be told in the end, whatever was lost on the way.
    private async Task<IEnumerable<string>> EndAsync(string merchant, int number, HistoryLog history)
    {
        var recorder = last[$"{merchant} {number}"];
        var waiting = MonotonicTime.Now;
        while (recorder.Position != history.Head && MonotonicTime.Now - waiting < Hang)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
            if (recorder.Stream.Ending is not null)
            {
                await recorder.DisposeAsync();
                streams.Add(recorder.Stream);
                recorder = StreamRecorder.Open(replicas[number % replicas.Count], merchant, recorder.Token);
            }
        }

        await recorder.DisposeAsync();
        streams.Add(recorder.Stream);
        return recorder.Position == history.Head ? [] : [$"told in the end: {recorder.Stream.Name} is at {recorder.Position}, not at {history.Head}"];
    }
}
