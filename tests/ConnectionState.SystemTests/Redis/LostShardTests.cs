using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Grpc.Core;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>A whole shard of a Cluster is lost: merchants of other shards are served, and calls for its own fail at once.</summary>
public sealed class LostShardTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int Lost = 0;
    private static readonly TimeSpan MaxCallTime = TimeSpan.FromSeconds(5);

    private ClusterDeployment cluster = null!;
    private ServerGroup servers = null!;
    private string[] lost = [];
    private string[] written = [];
    private string[] quiet = [];

    public async Task InitializeAsync()
    {
        cluster = await ClusterDeployment.StartAsync("--cluster-require-full-coverage", "no");
        servers = await ServerGroup.StartAsync(
            2, cluster.Configuration, "--Watch:CheckpointInterval=00:00:01", "--Watch:ReconciliationInterval=00:00:00.200",
            "--Feed:CheckpointInterval=00:00:01", "--Feed:ReconciliationInterval=00:00:00.200", "--Rules:SessionLength=00:00:05");
        var merchants = await cluster.MerchantsByShardAsync(2);
        lost = merchants[Lost];
        written = [.. merchants.Where(of => of != lost).Select(of => of[0])];
        quiet = [.. merchants.Where(of => of != lost).Select(of => of[1])];
    }

    public async Task DisposeAsync()
    {
        await servers.DisposeAsync();
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task Merchants_of_other_shards_are_served_and_those_of_the_lost_shard_fail_fast()
    {
        var begun = await Task.WhenAll(quiet.Select(BeginAsync));
        using var streams = new ReplicaStreams(servers.Clients, quiet);
        var unserved = servers.Clients.Select(client => RawWatchStream.Open(client, lost[1])).ToList();
        await Task.WhenAll(unserved.Select(stream => stream.NextAsync()));
        await using var many = new ListsStream(servers.Clients[0]);
        var ofMany = await Task.WhenAll(
            ((string[])[lost[1], .. quiet]).Select(merchant => RawWatchStream.ResumeAsync(many, merchant, new WatchLog())));
        await Task.WhenAll(ofMany.Select(stream => stream.NextAsync()));
        await using var copy = new FeedCopy(servers.Clients[0], [.. written, .. lost]);
        await using var others = new FeedCopy(servers.Clients[1], quiet);
        await using var load = new Load(servers.Clients, [.. written, lost[0]]);
        await load.UntilServedAsync();

        var replica = await cluster.ReplicaAsync(Lost);
        await cluster.KillPrimaryAsync(Lost);
        await replica.KillAsync();
        load.Mark();
        await load.UntilServedAsync(written.Contains);
        foreach (var client in servers.Clients)
        {
            var failure = await Assert.ThrowsAsync<RpcException>(async () => await client.Pages.GetPageListAsync(new() { MerchantId = lost[1] }));
            Assert.Equal((StatusCode.Unavailable, ErrorReason.StoreUnavailable), (failure.StatusCode, failure.GetConnectionStateError().Reason));
        }

        var checkpoints = new Dictionary<WatchLog, int>();
        await streams.UntilAllAsync("every stream gets checkpoints", (_, watch) =>
            watch.Checkpoints >= (checkpoints.TryGetValue(watch, out var seen) ? seen : checkpoints[watch] = watch.Checkpoints) + 2);
        for (var more = 0; more < 2; more++)
        {
            // A merchant that changes at that moment may be missing from one checkpoint.
            var seen = many.Checkpoints;
            await Eventually.TrueAsync(() => Task.FromResult(many.Checkpoints > seen && many.Unconfirmed.SequenceEqual([Partition.Of(lost[1])])));
        }

        await streams.UntilAllAsync("sessions time out", (_, watch) => watch.List is { Sessions.Count: 0 });
        await others.UntilTrueAsync(quiet);
        var before = others.Checkpoints;
        await Eventually.TrueAsync(() => Task.FromResult(others.Checkpoints >= before + 2));
        await AssertReadyAsync();
        await load.UntilServedAsync(written.Contains);
        Assert.True(load.Slowest < MaxCallTime, $"A call took {load.Slowest}.");
        await load.StopAsync();

        // The stream that uses the lost shard too.
        await copy.UntilTrueAsync(written);
        Assert.Empty(copy.Resets.Concat(others.Resets));
        unserved.ForEach(stream => stream.Dispose());
        log.WriteLine($"{begun.Length} sessions timed out; the slowest call took {load.Slowest.TotalMilliseconds:N0} ms, {load.Failed} failed");
    }

    [Fact]
    public async Task A_shard_that_hangs_fails_no_call_for_the_others_and_is_all_that_a_stream_of_many_does_not_confirm()
    {
        // More than are compared by one look at the store.
        const int OfEach = 100;
        var merchants = await cluster.MerchantsByShardAsync(OfEach);
        string[] served = [.. merchants.Where((_, shard) => shard != Lost).SelectMany(of => of)];
        await using var many = new ListsStream(servers.Clients[0]);
        var streams = new Dictionary<string, RawWatchStream>();
        foreach (var merchant in merchants.SelectMany(of => of))
        {
            await Commits.MakeAsync(servers.Clients[1], merchant, 0);
            streams[merchant] = await RawWatchStream.ResumeAsync(many, merchant, new WatchLog());
            await streams[merchant].NextAsync();
        }

        var nodes = new[] { await cluster.PrimaryAsync(Lost), await cluster.ReplicaAsync(Lost) };
        await Task.WhenAll(nodes.Select(node => node.FreezeAsync()));
        int[] hanging = [.. merchants[Lost].Select(Partition.Of).Distinct().Order()];
        for (var round = 1; round <= 3; round++)
        {
            await Task.WhenAll(served.Select(merchant => Commits.MakeAsync(servers.Clients[1], merchant, round)));
            await Task.WhenAll(served.Select(merchant => streams[merchant].ReadUntilAsync(round + 1)));
            var seen = many.Checkpoints;
            await Eventually.TrueAsync(() => Task.FromResult(many.Checkpoints > seen && many.Unconfirmed.Order().SequenceEqual(hanging)));
        }

        foreach (var node in nodes)
        {
            node.Thaw();
        }

        await Eventually.TrueAsync(() => Task.FromResult(many.Unconfirmed.Count == 0));
        await cluster.AgreeAsync();
        await Task.WhenAll(merchants[Lost].Select(merchant => Commits.MakeAsync(servers.Clients[1], merchant, 1)));
        await Task.WhenAll(merchants[Lost].Select(merchant => streams[merchant].ReadUntilAsync(2)));
    }

    private async Task<BeginConnectResponse> BeginAsync(string merchant) =>
        await servers.Clients[0].Connect.BeginConnectAsync(new() { MerchantId = merchant, Provider = Provider.Zalo });

    private async Task AssertReadyAsync()
    {
        using var http = new HttpClient();
        foreach (var server in servers.Servers)
        {
            await Eventually.TrueAsync(async () =>
            {
                using var response = await http.GetAsync(new Uri(server.Http, "health/ready"));
                return response.IsSuccessStatusCode;
            });
        }
    }
}
