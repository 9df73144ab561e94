using System.Collections.Concurrent;
using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support.Watch;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Watches merchants through all replicas, resumes at another replica at random times, and records all streams.</summary>
internal sealed class RandomWatchers(int seed, IReadOnlyList<ConnectionStateClient> replicas, IReadOnlyCollection<string> merchants)
{
    private const int PerMerchant = 3;
    private static readonly TimeSpan MaxStreamTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    private readonly ConcurrentBag<RecordedStream> streams = [];
    private readonly ConcurrentDictionary<string, StreamRecorder> last = new();

    /// <summary>The number of streams that were opened.</summary>
    public int Count => streams.Count;

    /// <summary>Watches until the token is canceled. The last streams stay open.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(merchants.SelectMany(merchant => Enumerable.Range(0, PerMerchant).Select(
        n => Task.Run(() => WatchAsync(merchant, n, stop), CancellationToken.None))));

    /// <summary>Waits until all streams are at the end of the history, ends them, and returns the violated promises.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync(IConnectionStore store, WatchExpectations expected)
    {
        var violations = new List<string>();
        foreach (var merchant in merchants)
        {
            var history = new HistoryLog();
            await history.ReadAsync(store, merchant);
            for (var n = 0; n < PerMerchant; n++)
            {
                violations.AddRange(await EndAsync(merchant, n, history));
            }

            violations.AddRange(WatchPromises.Violations([.. streams.Where(stream => stream.MerchantId == merchant)], history, expected));
        }

        return violations;
    }

    private async Task WatchAsync(string merchant, int number, CancellationToken stop)
    {
        var random = new Random(unchecked((seed * 397) ^ number));
        string? token = null;
        while (true)
        {
            var reads = new RecorderOptions { ReadsAfterEach = number == 0 };
            var recorder = StreamRecorder.Open(replicas[random.Next(replicas.Count)], merchant, token, reads);
            try
            {
                await Task.Delay(MaxStreamTime * random.NextDouble(), stop);
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

    // Every commit must arrive in the end, whatever was lost before.
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
        return recorder.Position == history.Head ? [] : [$"reliable: in the end {recorder.Stream.Name} is at {recorder.Position}, not at {history.Head}"];
    }
}
