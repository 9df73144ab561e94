using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>
/// Failovers and slot moves of a Cluster under load. Calls succeed or fail with STORE_UNAVAILABLE. Streams must be kept up to date by
/// notifications: the interval of comparisons is too long to help.
/// </summary>
public sealed class ClusterFailoverTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int ServerCount = 2;
    private const int MerchantsPerShard = 2;

    private ClusterDeployment cluster = null!;
    private ServerGroup servers = null!;
    private string[][] merchants = [];

    private string[] All => [.. merchants.SelectMany(of => of)];

    public async Task InitializeAsync()
    {
        cluster = await ClusterDeployment.StartAsync("--cluster-require-full-coverage", "no");
        servers = await ServerGroup.StartAsync(
            ServerCount, cluster.Configuration, ["--Store:KeptCommits=1000000", .. NotificationsOnly.Arguments]);
        merchants = await cluster.MerchantsByShardAsync(MerchantsPerShard);
    }

    public async Task DisposeAsync()
    {
        await servers.DisposeAsync();
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task Writes_and_notifications_resume_on_every_server_after_each_kind_of_failover()
    {
        using var streams = new ReplicaStreams(servers.Clients, All);
        await using var load = new Load(servers.Clients, All);
        await MeasureAsync(load, streams, "no fault", () => Task.CompletedTask);

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

        await AssertAgreedAsync(load, streams);
    }

    [Fact]
    public async Task Writes_and_notifications_resume_while_slots_move_and_while_a_slot_is_half_moved()
    {
        using var streams = new ReplicaStreams(servers.Clients, All);
        await using var copy = new FeedCopy(servers.Clients[0], All);
        await using var load = new Load(servers.Clients, All);
        await load.UntilServedAsync();

        for (var round = 0; round < LongRun.Of(all: 10, usual: 1); round++)
        {
            var moved = merchants[0][0];
            var slot = await cluster.SlotOfMerchantAsync(moved);
            var from = await cluster.ShardAsync(slot);
            var to = (from + 1) % ClusterDeployment.Shards;
            await MeasureAsync(load, streams, "a moved slot", () => cluster.MoveSlotsAsync(from, to, slot));
            await MeasureAsync(load, streams, "a slot half moved, and back", () => MoveInStepsAsync(load, to, from, slot, moved));
        }

        await AssertAgreedAsync(load, streams);
        await copy.UntilTrueAsync(All);
        Assert.Empty(copy.Resets);
    }

    // Merchants of other slots are served throughout; those of the moving slot once the move is finished.
    private async Task MoveInStepsAsync(Load load, int from, int to, int slot, string moved)
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
        var first = await streams.CatchUpAsync();
        await load.UntilServedAsync();
        var second = await streams.CatchUpAsync();
        log.WriteLine($"{what}: {outages}; streams caught up after {first.TotalMilliseconds:N0} ms, then {second.TotalMilliseconds:N0} ms");
        Assert.True(first < NotificationsOnly.MaxDelay && second < NotificationsOnly.MaxDelay, $"{what}: only a comparison updated the streams, {first}, {second}.");
    }

    private async Task AssertAgreedAsync(Load load, ReplicaStreams streams)
    {
        await load.StopAsync();
        await streams.AssertAgreedAsync();
        log.WriteLine($"{load.Answered} writes answered, {load.Failed} not; {streams.Replaced} of {streams.Count} histories replaced");
    }
}
