namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// A cluster of three primaries, each with a replica. A shard is a primary and its replica, whichever of the two is which at the time;
/// at first each has a third of the slots.
/// </summary>
internal sealed class ClusterDeployment : IAsyncDisposable
{
    public const int Shards = 3;
    public const int SlotCount = 16384;

    private readonly RedisGroup group = new();
    private readonly Dictionary<string, RedisServer> byId = [];

    private ClusterDeployment()
    {
    }

    /// <summary>All servers; those of shard <c>i</c> are at <c>i</c> and at <c>i + Shards</c>.</summary>
    public IReadOnlyList<RedisServer> Nodes { get; private set; } = [];

    /// <summary>Where clients find it.</summary>
    public string Configuration => string.Join(',', Nodes.Select(node => node.Configuration));

    private IEnumerable<RedisServer> Live => Nodes.Where(node => !node.Process.HasEnded);

    /// <summary>Ready when every node agrees on who has which slots, and replicas are in sync.</summary>
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

    /// <summary>The primary of a shard, once there is one; on demand one that is not the one before.</summary>
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

    /// <summary>The slot of a key.</summary>
    public async Task<int> SlotAsync(string key) => (int)(await Live.First().CommandAsync("CLUSTER", "KEYSLOT", key)).Number;

    /// <summary>The shard that has a slot now.</summary>
    public async Task<int> ShardAsync(int slot)
    {
        var owner = (await ClusterNode.AllAsync(Live.First())).Single(node => node.Holds(slot));
        return Enumerable.Range(0, Shards).Single(shard => IsOf(shard, byId[owner.Id]));
    }

    /// <summary>Kills the primary of a shard, does not wait for its replica to take over, and says which it was.</summary>
    public async Task<RedisServer> KillPrimaryAsync(int shard)
    {
        var primary = await PrimaryAsync(shard);
        await primary.KillAsync();
        return primary;
    }

    /// <summary>Starts a node again; done when it has found its place and the cluster is whole.</summary>
    public async Task RestartAsync(RedisServer node)
    {
        await node.RestartAsync();
        await AgreeAsync();
    }

    /// <summary>The replica of a shard takes over in order, so nothing is lost; done when every node knows.</summary>
    public async Task FailoverAsync(int shard)
    {
        var replica = await ReplicaAsync(shard);
        await replica.CommandAsync("CLUSTER", "FAILOVER");
        await Poll.UntilAsync("the replica has taken over", async () =>
            (await replica.InfoAsync("replication"))["role"] == "master");
        await AgreeAsync();
    }

    /// <summary>Moves slots with their keys from one shard to another while the cluster serves; done when every node knows.</summary>
    public async Task MoveSlotsAsync(int from, int to, params int[] slots)
    {
        foreach (var slot in slots)
        {
            await FinishMoveAsync(await BeginMoveAsync(from, to, slot));
        }

        await AgreeAsync();
    }

    /// <summary>Begins to move a slot, and moves no key yet.</summary>
    public async Task<SlotMove> BeginMoveAsync(int from, int to, int slot) =>
        await SlotMove.BeginAsync(await PrimaryAsync(from), await PrimaryAsync(to), slot);

    /// <summary>Moves the keys that are left, and the slot itself. Other nodes may hear of it a little later.</summary>
    public async Task FinishMoveAsync(SlotMove move)
    {
        var primaries = await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => PrimaryAsync(shard)));
        await move.FinishAsync(primaries);
    }

    /// <summary>Waits until all nodes that run say the same about every slot and every role, and copies are in sync.</summary>
    public Task AgreeAsync() => Poll.UntilAsync("the cluster agrees", async () =>
    {
        var views = await Task.WhenAll(Live.Select(ViewAsync));
        return views[0] is not null && views.All(view => view == views[0]);
    });

    public ValueTask DisposeAsync() => group.DisposeAsync();

    private bool IsOf(int shard, RedisServer node) => node == Nodes[shard] || node == Nodes[shard + Shards];

    private async Task StartNodesAsync(string[] settings) => Nodes = await group.AddAsync(2 * Shards, node =>
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

    // What a node sees; nothing unless it sees a cluster that is whole.
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
