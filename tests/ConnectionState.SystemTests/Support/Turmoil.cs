using ConnectionStateService.Client;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.Tests.Support.Histories;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Random commands, reads and watches through all replicas, while something else goes wrong; and the checks of all of it.</summary>
internal sealed class Turmoil(IReadOnlyList<ConnectionStateClient> clients, string directConfiguration)
{
    /// <summary>The rules that the replicas must have.</summary>
    public static readonly Rules Rules = new() { StandardPages = 2, Retention = new() { Tombstones = 2 } };

    /// <summary>What makes a server have them, and keep all that the checks need.</summary>
    public static readonly string[] Arguments = ["--Rules:StandardPages=2", "--Rules:Retention:Tombstones=2", "--Store:KeptCommits=1000000"];

    // While the store is away, no stream can begin.
    private static readonly WatchExpectations Expectations = new()
    {
        KeptCommits = 1_000_000,
        Forgives = ending => ending is { Status: StatusCode.Unavailable, Reason: ErrorReason.StoreUnavailable },
    };

    private readonly Replica[] replicas = [.. clients.Select((client, n) => new Replica($"replica {n}", client))];

    /// <summary>What was called in all runs.</summary>
    public int Operations { get; private set; }

    /// <summary>How many streams there were in all runs.</summary>
    public int Streams { get; private set; }

    /// <summary>How often the outcome of a call was not known at once.</summary>
    public int Unknown { get; private set; }

    /// <summary>Runs until <paramref name="end"/>, or until every worker has made all its calls, and checks everything.</summary>
    public async Task RunAsync(int seed, WorkloadOptions options, CancellationToken end)
    {
        var load = new Workload(seed, replicas, options);
        using var watching = new CancellationTokenSource();
        var watchers = new RandomWatchers(seed, clients, load.MerchantIds);
        var watched = watchers.RunAsync(watching.Token);
        await load.RunAsync(end);
        await watching.CancelAsync();
        await watched;

        await using var store = await OpenStoreAsync();
        WatchPromises.AssertKept([.. await watchers.CheckAsync(store, Expectations)]);
        HistoryChecker.AssertLinearizable(load.Recording, await load.HistoriesAsync(replicas[0]), Rules);
        Operations += load.Recording.Operations.Count;
        Unknown += load.Recording.Operations.Count(o => o.Attempts > 1 || o.Outcome is Outcome.Unknown);
        Streams += watchers.Count;
    }

    private async Task<RedisStore> OpenStoreAsync()
    {
        var store = new RedisStore(Options.Create(new StoreOptions { Redis = { Configuration = directConfiguration } }), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);
        return store;
    }
}
