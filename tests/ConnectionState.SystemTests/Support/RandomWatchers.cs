using System.Collections.Concurrent;
using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// Watches merchants through all replicas, resumes at another replica at random times, and records all streams. One in three is a merchant of a stream of many.
/// </summary>
internal sealed class RandomWatchers(int seed, IReadOnlyList<ConnectionStateClient> replicas, IReadOnlyCollection<string> merchants)
{
    private const int PerMerchant = 3;
    private static readonly TimeSpan MaxStreamTime = TimeSpan.FromSeconds(3);

    private readonly ConcurrentBag<RecordedStream> streams = [];
    private readonly ConcurrentDictionary<string, StreamRecorder> last = new();
    private readonly IReadOnlyList<ListsStreams> lists = [.. replicas.Select(client => new ListsStreams(client, 1))];

    /// <summary>The number of streams that were opened.</summary>
    public int Count => streams.Count;

    /// <summary>Watches until the token is canceled. The last streams stay open.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(merchants.SelectMany(merchant => Enumerable.Range(0, PerMerchant).Select(
        n => Task.Run(() => WatchAsync(merchant, n, stop), CancellationToken.None))));

    /// <summary>Waits until all streams are at the end of the history, ends them, and returns the violated promises.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync(IConnectionStore store, WatchExpectations expected)
    {
        var violations = new List<string>();

        // Of all streams together, so that what is wrong with them is reported.
        var waiting = MonotonicTime.Now;
        foreach (var merchant in merchants)
        {
            var history = new HistoryLog();
            await history.ReadAsync(store, merchant);
            for (var n = 0; n < PerMerchant; n++)
            {
                violations.AddRange(await EndAsync(merchant, n, history, waiting));
            }

            violations.AddRange(WatchPromises.Violations([.. streams.Where(stream => stream.MerchantId == merchant)], history, expected));
        }

        foreach (var streamsOfReplica in lists)
        {
            await streamsOfReplica.DisposeAsync();
        }

        return violations;
    }

    private async Task WatchAsync(string merchant, int number, CancellationToken stop)
    {
        var random = new Random(unchecked((seed * 397) ^ number));
        string? token = null;
        while (true)
        {
            var recorder = Open(random.Next(replicas.Count), merchant, number, token, reads: number == 0);
            try
            {
                await Task.Delay(MaxStreamTime * random.NextDouble(), stop);
            }
            catch (OperationCanceledException)
            {
                await recorder.DisposeAsync();
                streams.Add(recorder.Stream);
                last[$"{merchant} {number}"] = Open(number % replicas.Count, merchant, number, recorder.Token);
                return;
            }

            await recorder.DisposeAsync();
            streams.Add(recorder.Stream);
            token = random.Next(10) == 0 ? null : recorder.Token;
        }
    }

    private StreamRecorder Open(int replica, string merchant, int number, string? token, bool reads = false) => StreamRecorder.Open(
        replicas[replica], merchant, token, new() { ReadsAfterEach = reads, Lists = number == PerMerchant - 1 ? lists[replica] : null });

    // Every commit must arrive in the end, whatever was lost before.
    private async Task<IEnumerable<string>> EndAsync(string merchant, int number, HistoryLog history, TimeSpan waiting)
    {
        var recorder = last[$"{merchant} {number}"];
        while (recorder.Position != history.Head && MonotonicTime.Now - waiting < Eventually.Patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
            if (recorder.Stream.Ending is not null)
            {
                await recorder.DisposeAsync();
                streams.Add(recorder.Stream);
                recorder = Open(number % replicas.Count, merchant, number, recorder.Token);
            }
        }

        await recorder.DisposeAsync();
        streams.Add(recorder.Stream);
        return recorder.Position == history.Head ? [] : [$"reliable: in the end {recorder.Stream.Name} is at {recorder.Position}, not at {history.Head}"];
    }
}
