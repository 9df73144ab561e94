using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// Follows the feed of all merchants through all replicas: continues at another one from its last positions at random times, and whenever a stream ends.
/// </summary>
internal sealed class FeedFollower(int seed, IReadOnlyList<ConnectionStateClient> replicas)
{
    private static readonly TimeSpan MaxStreamTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LastStreamTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Lock gate = new();
    private readonly Dictionary<int, string> positions = [];
    private readonly Dictionary<string, List<string>> commits = new(StringComparer.Ordinal);
    private readonly List<string> resets = [];
    private volatile bool isChecking;

    /// <summary>Notes where the feed ends: what is committed from now on is followed.</summary>
    public async Task BeginAsync()
    {
        foreach (var partition in (await replicas[0].Feeds.GetFeedPositionsAsync(new())).Partitions)
        {
            positions[partition.Partition_] = partition.Newest;
        }
    }

    /// <summary>Follows until the token is canceled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            using var streaming = CancellationTokenSource.CreateLinkedTokenSource(stop);
            streaming.CancelAfter(isChecking ? LastStreamTime : MaxStreamTime * random.NextDouble());
            try
            {
                await ReadAsync(replicas[random.Next(replicas.Count)], streaming.Token);
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException)
            {
                // A failover, or the time of the stream is over.
            }

            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    /// <summary>
    /// Waits until everything has come, and returns what is wrong: nothing was lost, so each commit of the histories must have come, in their order, and
    /// no partition was reset. Commits that came again are ignored.
    /// </summary>
    public async Task<IReadOnlyList<string>> CheckAsync(IConnectionStore store, IEnumerable<string> merchants)
    {
        // A stream of all partitions looks at each of them first, which takes seconds on a busy machine.
        isChecking = true;
        var violations = new List<string>();
        foreach (var merchant in merchants)
        {
            var history = await HistoryAsync(store, merchant);
            await Eventually.TrueAsync(async () =>
            {
                history = await HistoryAsync(store, merchant);
                return history.Length == 0 || CommitsOf(merchant).Contains(history[^1]) || HasReset();
            });
            var sent = CommitsOf(merchant).Distinct().Take(history.Length).ToArray();
            if (!sent.SequenceEqual(history))
            {
                violations.Add($"the feed sent [{string.Join(' ', sent)}] of '{merchant}', whose history is [{string.Join(' ', history)}]");
            }
        }

        lock (gate)
        {
            return [.. violations, .. resets];
        }
    }

    private static async Task<string[]> HistoryAsync(IConnectionStore store, string merchant) =>
        [.. (await store.ReadCommitsAsync(merchant, 0, int.MaxValue, CancellationToken.None)).Select(commit => $"{commit.Id:x16}")];

    private string[] CommitsOf(string merchant)
    {
        lock (gate)
        {
            return [.. commits.GetValueOrDefault(merchant, [])];
        }
    }

    // The commits up to the reset do not come any more.
    private bool HasReset()
    {
        lock (gate)
        {
            return resets.Count > 0;
        }
    }

    private async Task ReadAsync(ConnectionStateClient replica, CancellationToken cancellationToken)
    {
        var request = new WatchFeedRequest();
        lock (gate)
        {
            request.Starts.AddRange(positions.Select(position => new FeedStart { Partition = position.Key, Position = position.Value }));
        }

        using var call = replica.Feeds.WatchFeed(request, cancellationToken: cancellationToken);
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            Apply(call.ResponseStream.Current);
        }
    }

    private void Apply(WatchFeedResponse message)
    {
        lock (gate)
        {
            foreach (var position in message.Checkpoint?.Positions ?? [])
            {
                positions[position.Partition] = position.Position_;
            }

            if (message.Position.Length > 0)
            {
                positions[message.Partition] = message.Position;
            }

            if (message.Commit is { } commit)
            {
                commits.TryAdd(commit.MerchantId, []);
                commits[commit.MerchantId].Add(commit.CommitId);
            }

            if (message.Reset is { } reset)
            {
                resets.Add($"partition {message.Partition} was reset: {reset.Reason}");
            }
        }
    }
}
