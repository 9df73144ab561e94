using ConnectionStateService.SystemTests.Support;

namespace ConnectionStateService.TestSupportTests.Redis;

/// <summary>ClusterDeployment, a Redis Cluster of test processes.</summary>
public sealed class ClusterDeploymentTests : IAsyncLifetime
{
    private ClusterDeployment cluster = null!;

    public async Task InitializeAsync() => cluster = await ClusterDeployment.StartAsync("--maxmemory-policy", "allkeys-lru");

    public async Task DisposeAsync() => await cluster.DisposeAsync();

    [Fact]
    public async Task Every_shard_stores_and_replicates_after_the_start()
    {
        Assert.Equal(cluster.Nodes.Select(node => $"127.0.0.1:{node.Port}"), cluster.Configuration.Split(','));
        for (var i = 0; i < 20; i++)
        {
            var shard = await ShardOfAsync($"key-{i}");
            using var redis = await (await cluster.PrimaryAsync(shard)).ConnectAsync();
            await redis.SendAsync("SET", $"key-{i}", "value");
            Assert.Equal(1, (await redis.SendAsync("WAIT", 1, 10_000)).Number);
        }

        foreach (var node in cluster.Nodes)
        {
            Assert.Equal("allkeys-lru", (await node.CommandAsync("CONFIG", "GET", "maxmemory-policy")).Items[1].Text);
            Assert.NotEqual(0, (await node.CommandAsync("DBSIZE")).Number);
        }
    }

    [Fact]
    public async Task A_killed_primary_is_replaced_and_restarts_as_a_replica()
    {
        var replica = await cluster.ReplicaAsync(1);

        var old = await cluster.KillPrimaryAsync(1);
        Assert.Equal(replica, await cluster.PrimaryAsync(1, otherThan: old));
        await cluster.RestartAsync(old);

        Assert.Equal(replica, await cluster.PrimaryAsync(1));
        Assert.Equal(old, await cluster.ReplicaAsync(1));
    }

    [Fact]
    public async Task A_manual_failover_loses_nothing()
    {
        var (key, shard) = ("key", await ShardOfAsync("key"));
        var (primary, replica) = (await cluster.PrimaryAsync(shard), await cluster.ReplicaAsync(shard));
        await primary.CommandAsync("SET", key, "value");

        await cluster.FailoverAsync(shard);

        Assert.Equal(replica, await cluster.PrimaryAsync(shard));
        Assert.Equal("value", (await replica.CommandAsync("GET", key)).Text);
        await AssertTurnedDownAsync("MOVED", () => primary.CommandAsync("SET", key, "other"));
    }

    [Fact]
    public async Task Slots_move_with_their_keys()
    {
        var slot = await cluster.SlotAsync("{tag}");
        var from = await cluster.ShardAsync(slot);
        var to = (from + 1) % ClusterDeployment.Shards;
        var (source, target) = (await cluster.PrimaryAsync(from), await cluster.PrimaryAsync(to));
        for (var i = 0; i < 250; i++)
        {
            await source.CommandAsync("SET", $"{{tag}}{i}", i);
        }

        await cluster.MoveSlotsAsync(from, to, slot, await EmptySlotAsync(from, slot));

        Assert.Equal(to, await cluster.ShardAsync(slot));
        Assert.Equal(250, (await target.CommandAsync("CLUSTER", "COUNTKEYSINSLOT", slot)).Number);
        Assert.Equal(249, (await target.CommandAsync("GET", "{tag}249")).Number);
        await AssertTurnedDownAsync("MOVED", () => source.CommandAsync("GET", "{tag}249"));
    }

    [Fact]
    public async Task During_a_slot_migration_callers_get_ASK_and_TRYAGAIN()
    {
        var slot = await cluster.SlotAsync("{tag}");
        var from = await cluster.ShardAsync(slot);
        var to = (from + 1) % ClusterDeployment.Shards;
        using var source = await (await cluster.PrimaryAsync(from)).ConnectAsync();
        using var target = await (await cluster.PrimaryAsync(to)).ConnectAsync();
        await source.SendAsync("MSET", "{tag}1", "one", "{tag}2", "two");

        var move = await cluster.BeginMoveAsync(from, to, slot);
        await move.MoveAsync("{tag}1");

        await AssertTurnedDownAsync($"ASK {slot}", () => source.SendAsync("GET", "{tag}1"));
        Assert.Equal("two", (await source.SendAsync("GET", "{tag}2")).Text);
        await AssertTurnedDownAsync("TRYAGAIN", () => source.SendAsync("MGET", "{tag}1", "{tag}2"));
        await AssertTurnedDownAsync("MOVED", () => target.SendAsync("GET", "{tag}1"));
        await target.SendAsync("ASKING");
        Assert.Equal("one", (await target.SendAsync("GET", "{tag}1")).Text);
        await target.SendAsync("ASKING");
        await AssertTurnedDownAsync("TRYAGAIN", () => target.SendAsync("MGET", "{tag}1", "{tag}2"));

        Assert.Equal(1, await move.MoveSomeAsync(10));
        await cluster.FinishMoveAsync(move);
        Assert.Equal("[one, two]", (await target.SendAsync("MGET", "{tag}1", "{tag}2")).ToString());
    }

    private async Task<int> ShardOfAsync(string key) => await cluster.ShardAsync(await cluster.SlotAsync(key));

    private async Task<int> EmptySlotAsync(int shard, int otherThan)
    {
        for (var slot = otherThan + 1; ; slot = (slot + 1) % ClusterDeployment.SlotCount)
        {
            if (await cluster.ShardAsync(slot) == shard)
            {
                return slot;
            }
        }
    }

    private static async Task AssertTurnedDownAsync(string how, Func<Task> command)
    {
        var error = await Assert.ThrowsAsync<RedisErrorException>(command);
        Assert.StartsWith(how, error.Message, StringComparison.Ordinal);
    }
}
