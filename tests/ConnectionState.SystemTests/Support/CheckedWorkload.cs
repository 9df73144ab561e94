using ConnectionStateService.Client;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Histories;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// Runs random commands, reads and watches through all servers while a test injects faults, and checks the results: the history must be
/// linearizable, watches must have kept their promises, and the feed must have sent every commit.
/// </summary>
internal sealed class CheckedWorkload(IReadOnlyList<ConnectionStateClient> clients, string directConfiguration)
{
    /// <summary>The rules that the servers must use.</summary>
    public static readonly Rules Rules = new() { StandardPages = 2, Retention = new() { Tombstones = 2 } };

    /// <summary>The options for these rules, and to keep the whole history for the checks.</summary>
    public static readonly string[] Arguments = ["--Rules:StandardPages=2", "--Rules:Retention:Tombstones=2", "--Store:KeptCommits=1000000"];

    // A stream may be refused while the store is unavailable.
    private static readonly WatchExpectations Expectations = new()
    {
        KeptCommits = 1_000_000,
        Forgives = ending => ending is { Status: StatusCode.Unavailable, Reason: ErrorReason.StoreUnavailable },
    };

    private readonly Replica[] replicas = [.. clients.Select((client, n) => new Replica($"server {n}", client))];
    private Workload? current;

    /// <summary>The number of calls in all runs.</summary>
    public int Operations { get; private set; }

    /// <summary>The number of streams in all runs.</summary>
    public int Streams { get; private set; }

    /// <summary>The number of calls whose first attempt had no known outcome.</summary>
    public int Unknown { get; private set; }

    /// <summary>Runs until <paramref name="end"/>, or until every worker has made all its calls; then checks everything.</summary>
    public async Task RunAsync(int seed, WorkloadOptions options, CancellationToken end)
    {
        var load = new Workload(seed, replicas, options);
        current = load;
        using var watching = new CancellationTokenSource();
        var watchers = new RandomWatchers(seed, clients, load.MerchantIds);
        var watched = watchers.RunAsync(watching.Token);
        using var following = new CancellationTokenSource();
        var follower = new FeedFollower(seed, clients);
        await follower.BeginAsync();
        var followed = follower.RunAsync(following.Token);
        await load.RunAsync(end);
        await watching.CancelAsync();
        await watched;

        await using var store = await OpenStoreAsync();
        var violations = await follower.CheckAsync(store, load.MerchantIds);
        await following.CancelAsync();
        await followed;
        Assert.True(violations.Count == 0, string.Join('\n', violations));
        WatchPromises.AssertKept([.. await watchers.CheckAsync(store, Expectations)]);
        await DerivedData.AssertMatchesAsync(store, load.MerchantIds);
        HistoryChecker.AssertLinearizable(load.Recording, await load.HistoriesAsync(replicas[0]), Rules);
        Operations += load.Recording.Operations.Count;
        Unknown += load.Recording.Operations.Count(o => o.Attempts > 1 || o.Outcome is Outcome.Unknown);
        Streams += watchers.Count;
    }

    /// <summary>Waits until the current run has made a number of further calls that were answered.</summary>
    public async Task UntilMoreOperationsAsync(int count)
    {
        var before = Answered();
        await Eventually.TrueAsync(() => Task.FromResult(Answered() >= before + count));

        int Answered() => current?.Recording.Operations.Count(operation => operation.Outcome is not Outcome.Unknown) ?? 0;
    }

    private async Task<RedisStore> OpenStoreAsync()
    {
        var store = new RedisStore(Options.Create(new StoreOptions { Redis = { Configuration = directConfiguration } }), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);
        return store;
    }
}
