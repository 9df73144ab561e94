using ConnectionStateService.Store.Redis;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// A Cluster of three primaries, each with a replica. A shard is a primary with its replica, whichever of the two servers is primary;
/// at first each shard has a third of the slots.
/// </summary>
internal sealed class ClusterDeployment : IAsyncDisposable
{
    public const int Shards = 3;
    public const int SlotCount = 16384;

    private readonly RedisServers servers = new();
    private readonly Dictionary<string, RedisServer> byId = [];

    private ClusterDeployment()
    {
    }

    /// <summary>All servers; shard <c>i</c> has those at <c>i</c> and at <c>i + Shards</c>.</summary>
    public IReadOnlyList<RedisServer> Nodes { get; private set; } = [];

    /// <summary>The connection string for clients.</summary>
    public string Configuration => string.Join(',', Nodes.Select(node => node.Configuration));

    private IEnumerable<RedisServer> Live => Nodes.Where(node => !node.Process.HasEnded);

    /// <summary>Returns when all nodes agree on the slots, and replicas are in sync.</summary>
    public static async Task<ClusterDeployment> StartAsync(params string[] settings)
    {
        var deployment = new ClusterDeployment();
        try
        {
            await deployment.StartNodesAsync(settings);
            await deployment.JoinAsync();
            return deployment;
        }
        catch
        {
            await deployment.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a shard has one primary, and returns it.</summary>
    public async Task<RedisServer> PrimaryAsync(int shard, RedisServer? otherThan = null)
    {
        RedisServer? found = null;
        await Poll.UntilAsync($"shard {shard} has one primary", async () =>
        {
            var members = Live.Where(node => IsOf(shard, node)).ToList();
            var roles = await Task.WhenAll(members.Select(async node => (await node.InfoAsync("replication"))["role"]));
            found = members.SingleOrDefault(node => roles[members.IndexOf(node)] == "master" && node != otherThan);
            return found is not null && roles.Count(role => role == "master") == 1;
        });
        return found!;
    }

    public async Task<RedisServer> ReplicaAsync(int shard)
    {
        var primary = await PrimaryAsync(shard);
        return Nodes.Single(node => IsOf(shard, node) && node != primary);
    }

    /// <summary>Returns the slot of a key.</summary>
    public async Task<int> SlotAsync(string key) => (int)(await Live.First().CommandAsync("CLUSTER", "KEYSLOT", key)).Number;

    /// <summary>Returns the shard that owns a slot now.</summary>
    public async Task<int> ShardAsync(int slot)
    {
        var owner = (await ClusterNode.AllAsync(Live.First())).Single(node => node.Holds(slot));
        return Enumerable.Range(0, Shards).Single(shard => IsOf(shard, byId[owner.Id]));
    }

    /// <summary>Returns the slot of all keys of a merchant.</summary>
    public Task<int> SlotOfMerchantAsync(string merchantId) =>
        SlotAsync(RedisKeys.Merchant(RedisKeys.PartitionOf(merchantId), merchantId).ToString());

    /// <summary>Returns ids of merchants on each shard, those of the first shard first.</summary>
    public async Task<string[][]> MerchantsByShardAsync(int countOfEach)
    {
        var merchants = Enumerable.Range(0, Shards).Select(_ => new List<string>()).ToArray();
        for (var n = 0; merchants.Any(of => of.Count < countOfEach); n++)
        {
            var shard = await ShardAsync(await SlotOfMerchantAsync($"merchant-{n}"));
            if (merchants[shard].Count < countOfEach)
            {
                merchants[shard].Add($"merchant-{n}");
            }
        }

        return [.. merchants.Select(of => of.ToArray())];
    }

    /// <summary>Kills the primary of a shard and returns it; does not wait until its replica takes over.</summary>
    public async Task<RedisServer> KillPrimaryAsync(int shard)
    {
        var primary = await PrimaryAsync(shard);
        await primary.KillAsync();
        return primary;
    }

    /// <summary>Starts a node again, and waits until all nodes agree.</summary>
    public async Task RestartAsync(RedisServer node)
    {
        await node.RestartAsync();
        await AgreeAsync();
    }

    /// <summary>Fails over to the replica of a shard without data loss, and waits until all nodes agree.</summary>
    public async Task FailoverAsync(int shard)
    {
        var replica = await ReplicaAsync(shard);
        await replica.CommandAsync("CLUSTER", "FAILOVER");
        await Poll.UntilAsync("the replica has taken over", async () =>
            (await replica.InfoAsync("replication"))["role"] == "master");
        await AgreeAsync();
    }

    /// <summary>Moves slots with their keys from one shard to another online, and waits until all nodes agree.</summary>
    public async Task MoveSlotsAsync(int from, int to, params int[] slots)
    {
        foreach (var slot in slots)
        {
            await FinishMoveAsync(await BeginMoveAsync(from, to, slot));
        }

        await AgreeAsync();
    }

    /// <summary>Begins to move a slot; moves no keys yet.</summary>
    public async Task<SlotMove> BeginMoveAsync(int from, int to, int slot) =>
        await SlotMove.BeginAsync(await PrimaryAsync(from), await PrimaryAsync(to), slot);

    /// <summary>Moves the remaining keys and the slot. Other nodes may learn of it later.</summary>
    public async Task FinishMoveAsync(SlotMove move)
    {
        var primaries = await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => PrimaryAsync(shard)));
        await move.FinishAsync(primaries);
    }

    /// <summary>Waits until all running nodes agree on every slot and role, and replicas are in sync.</summary>
    public Task AgreeAsync() => Poll.UntilAsync("the cluster agrees", async () =>
    {
        var views = await Task.WhenAll(Live.Select(ViewAsync));
        return views[0] is not null && views.All(view => view == views[0]);
    });

    public ValueTask DisposeAsync() => servers.DisposeAsync();

    private bool IsOf(int shard, RedisServer node) => node == Nodes[shard] || node == Nodes[shard + Shards];

    private async Task StartNodesAsync(string[] settings) => Nodes = await servers.StartAsync(2 * Shards, node =>
    [
        "--cluster-enabled", "yes", "--cluster-port", $"{node.Port + 1}", "--cluster-node-timeout", "1500",
        "--repl-diskless-sync-delay", "0", .. settings,
    ]);

    private async Task JoinAsync()
    {
        for (var i = 0; i < Nodes.Count; i++)
        {
            byId[(await Nodes[i].CommandAsync("CLUSTER", "MYID")).Text] = Nodes[i];
            await Nodes[i].CommandAsync("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
            if (i < Shards)
            {
                await Nodes[i].CommandAsync("CLUSTER", "ADDSLOTSRANGE", i * SlotCount / Shards, (i + 1) * SlotCount / Shards - 1);
            }

            foreach (var earlier in Nodes.Take(i))
            {
                await Nodes[i].CommandAsync("CLUSTER", "MEET", "127.0.0.1", earlier.Port, earlier.Port + 1);
            }
        }

        for (var shard = 0; shard < Shards; shard++)
        {
            var id = (await Nodes[shard].CommandAsync("CLUSTER", "MYID")).Text;
            var replica = Nodes[shard + Shards];
            await Poll.UntilAsync("the replica knows its primary", async () =>
                (await replica.CommandAsync("CLUSTER", "REPLICATE", id)).Text == "OK");
        }

        await AgreeAsync();
    }

    // The Cluster as a node sees it, or null unless it is complete and healthy.
    private async Task<string?> ViewAsync(RedisServer asked)
    {
        var known = await ClusterNode.AllAsync(asked);
        var nodes = known.Where(node => byId.TryGetValue(node.Id, out var server) && Live.Contains(server)).ToList();
        var about = (await asked.CommandAsync("CLUSTER", "INFO")).Text;
        var replication = await asked.InfoAsync("replication");
        var whole = about.Contains("cluster_state:ok", StringComparison.Ordinal)
            && nodes.Count == Live.Count()
            && nodes.All(node => node.IsUp)
            && nodes.Count(node => node.IsPrimary) == Shards
            && (replication["role"] == "master" || replication["master_link_status"] == "up");
        return whole ? string.Join('\n', nodes.OrderBy(node => node.Id).Select(Line)) : null;

        static string Line(ClusterNode node) => $"{node.Id} {node.PrimaryId} {string.Join(',', node.Slots)}";
    }
}
