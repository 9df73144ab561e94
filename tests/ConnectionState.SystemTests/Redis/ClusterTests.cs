using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>
/// A Redis Cluster fails over and moves slots under load. Callers are served or told that the store is away, and only notifications keep
/// streams going: the servers compare far too seldom to help.
/// </summary>
public sealed class ClusterTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int ReplicaCount = 2;
    private const int OfEachShard = 2;

    private ClusterDeployment cluster = null!;
    private Replicas replicas = null!;
    private string[][] merchants = [];

    private string[] All => [.. merchants.SelectMany(of => of)];

    public async Task InitializeAsync()
    {
        cluster = await ClusterDeployment.StartAsync("--cluster-require-full-coverage", "no");
        replicas = await Replicas.StartAsync(
            ReplicaCount, cluster.Configuration, ["--Store:KeptCommits=1000000", .. Shapes.OnlyNotifications]);
        merchants = await Shapes.MerchantsAsync(cluster, OfEachShard);
    }

    public async Task DisposeAsync()
    {
        await replicas.DisposeAsync();
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task Writes_and_notifications_are_back_on_every_replica_after_each_kind_of_failover()
    {
        using var streams = new ReplicaStreams(replicas.Clients, All);
        await using var load = new Load(replicas.Clients, All);
        await MeasureAsync(load, streams, "nothing", () => Task.CompletedTask);

        for (var round = 0; round < LongRun.Of(all: 10, usual: 1); round++)
        {
            var shard = round % ClusterDeployment.Shards;
            await MeasureAsync(load, streams, "CLUSTER FAILOVER", () => cluster.FailoverAsync(shard));
            var dead = await cluster.PrimaryAsync(shard);
            await MeasureAsync(load, streams, "kill -9 of a primary", async () =>
            {
                await cluster.KillPrimaryAsync(shard);
                await cluster.PrimaryAsync(shard, otherThan: dead);
            });
            await MeasureAsync(load, streams, "return of the old primary", () => cluster.RestartAsync(dead));
        }

        await EndAsync(load, streams);
    }

    [Fact]
    public async Task Slots_move_while_their_merchants_are_written_and_some_stay_half_moved_for_a_while()
    {
        using var streams = new ReplicaStreams(replicas.Clients, All);
        await using var load = new Load(replicas.Clients, All);
        await load.UntilServedAsync();

        for (var round = 0; round < LongRun.Of(all: 10, usual: 1); round++)
        {
            var moved = merchants[0][0];
            var slot = await Shapes.SlotAsync(cluster, moved);
            var from = await cluster.ShardAsync(slot);
            var to = (from + 1) % ClusterDeployment.Shards;
            await MeasureAsync(load, streams, "a moved slot", () => cluster.MoveSlotsAsync(from, to, slot));
            await MeasureAsync(load, streams, "a slot half moved, and back", () => LingerAsync(load, to, from, slot, moved));
        }

        await EndAsync(load, streams);
    }

    // The others go on; who is in the slot is served or turned away, and everything is found again where it belongs.
    private async Task LingerAsync(Load load, int from, int to, int slot, string moved)
    {
        var move = await cluster.BeginMoveAsync(from, to, slot);
        await load.UntilServedAsync(m => m != moved);
        await move.MoveSomeAsync(1);
        await load.UntilServedAsync(m => m != moved);
        await cluster.FinishMoveAsync(move);
        await cluster.AgreeAsync();
    }

    private async Task MeasureAsync(Load load, ReplicaStreams streams, string what, Func<Task> fail)
    {
        load.Mark();
        await fail();
        var over = Stopwatch.GetTimestamp();
        await load.UntilServedAsync();
        var outages = load.Outages(over);
        var told = await streams.CatchUpAsync();
        await load.UntilServedAsync();
        var again = await streams.CatchUpAsync();
        log.WriteLine($"{what}: {outages}; streams caught up after {told.TotalMilliseconds:N0} ms, then {again.TotalMilliseconds:N0} ms");
        Assert.True(told < Shapes.Notified && again < Shapes.Notified, $"{what}: only a comparison brought the streams up, {told}, {again}.");
    }

    private async Task EndAsync(Load load, ReplicaStreams streams)
    {
        await load.StopAsync();
        await streams.AssertAgreedAsync();
        log.WriteLine($"{load.Answered} writes answered, {load.Failed} not; {streams.Replaced} of {streams.Count} histories replaced");
    }
}
