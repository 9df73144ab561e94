namespace ConnectionStateService.SystemTests.Support;

/// <summary>One primary, two replicas and the three Sentinels that watch over them. A primary that is gone is replaced in some seconds.</summary>
internal sealed class SentinelDeployment : IAsyncDisposable
{
    private const string ServiceName = "merchants";

    /// <summary>Periods of a Sentinel in milliseconds, some seconds each by default: only patience is saved, the steps are the same.</summary>
    private static readonly string[] Periods =
    [
        "info-period", "300", "ping-period", "200", "ask-period", "200", "publish-period", "500", "default-down-after", "1000",
        "default-failover-timeout", "4000", "tilt-period", "2000", "election-timeout", "2000",
    ];

    private readonly RedisGroup group = new();

    private SentinelDeployment()
    {
    }

    /// <summary>The servers that hold data, whichever is the primary.</summary>
    public IReadOnlyList<RedisServer> Nodes { get; private set; } = [];

    public IReadOnlyList<RedisServer> Sentinels { get; private set; } = [];

    /// <summary>Where clients find it.</summary>
    public string Configuration =>
        $"{string.Join(',', Sentinels.Select(sentinel => sentinel.Configuration))},serviceName={ServiceName}";

    private IEnumerable<RedisServer> LiveSentinels => Sentinels.Where(sentinel => !sentinel.Process.HasEnded);

    /// <summary>Settings are for the servers that hold data. Ready when replicas are in sync and the Sentinels know each other.</summary>
    public static async Task<SentinelDeployment> StartAsync(params string[] settings)
    {
        var deployment = new SentinelDeployment();
        try
        {
            await deployment.StartNodesAsync(settings);
            await deployment.StartSentinelsAsync();
            return deployment;
        }
        catch
        {
            await deployment.DisposeAsync();
            throw;
        }
    }

    /// <summary>The primary that every Sentinel names, once they agree and it knows; on demand one that is not the one before.</summary>
    public async Task<RedisServer> PrimaryAsync(RedisServer? otherThan = null)
    {
        RedisServer? found = null;
        await Poll.UntilAsync("the Sentinels agree on a primary", async () =>
        {
            var named = await Task.WhenAll(LiveSentinels.Select(NamedByAsync));
            found = Nodes.SingleOrDefault(node => node != otherThan && named.All(port => port == node.Port));
            return found is not null && (await found.InfoAsync("replication"))["role"] == "master";
        });
        return found!;
    }

    /// <summary>Kills the primary, does not wait for another, and says which it was.</summary>
    public async Task<RedisServer> KillPrimaryAsync()
    {
        var primary = await PrimaryAsync();
        await primary.KillAsync();
        return primary;
    }

    /// <summary>Starts a node again; done when it has found its place.</summary>
    public async Task RestartAsync(RedisServer node)
    {
        await node.RestartAsync();
        await SettleAsync();
    }

    /// <summary>
    /// Has a replica take over in order; done when everything has settled. What the old primary had not passed on to that replica is
    /// lost, as ever with Sentinel.
    /// </summary>
    public async Task FailoverAsync()
    {
        var old = await PrimaryAsync();
        await Poll.UntilAsync("a Sentinel begins to fail over", async () =>
            (await Sentinels[0].CommandAsync("SENTINEL", "FAILOVER", ServiceName)).Text == "OK");
        await PrimaryAsync(otherThan: old);
        await SettleAsync();
    }

    /// <summary>Waits until every node that runs copies the primary, and every Sentinel has seen it.</summary>
    public Task SettleAsync() => Poll.UntilAsync("everything has settled", async () =>
    {
        var primary = await PrimaryAsync();
        var views = await Task.WhenAll(LiveSentinels.Select(sentinel => SeesAsync(sentinel, primary)));
        return views.All(seen => seen);
    });

    public ValueTask DisposeAsync() => group.DisposeAsync();

    private async Task StartNodesAsync(string[] settings)
    {
        Nodes = await group.AddAsync(3, _ => ["--repl-diskless-sync-delay", "0", .. settings]);
        foreach (var replica in Nodes.Skip(1))
        {
            await replica.CommandAsync("REPLICAOF", "127.0.0.1", Nodes[0].Port);
        }
    }

    private async Task StartSentinelsAsync()
    {
        Sentinels = await group.AddAsync(3, Settings);
        foreach (var sentinel in Sentinels)
        {
            await sentinel.CommandAsync(["SENTINEL", "DEBUG", .. Periods]);
            await sentinel.CommandAsync("SENTINEL", "MONITOR", ServiceName, "127.0.0.1", Nodes[0].Port, 2);
        }

        await Task.WhenAll(Sentinels.Select(sentinel => Poll.UntilAsync("a Sentinel knows the others", () => KnowsAllAsync(sentinel))));
        await SettleAsync();
    }

    // A Sentinel keeps what it knows in this file, so it is written once.
    private static string[] Settings(RedisServer sentinel)
    {
        var file = Path.Combine(sentinel.Folder, "sentinel.conf");
        if (!File.Exists(file))
        {
            File.WriteAllText(file, "");
        }

        return [file, "--sentinel"];
    }

    private static async Task<bool> KnowsAllAsync(RedisServer sentinel) =>
        Fields(await sentinel.CommandAsync("SENTINEL", "MASTER", ServiceName))["num-other-sentinels"] == "2";

    // A Sentinel that has not seen yet that a node became a replica would undo it if it is made the primary now.
    private async Task<bool> SeesAsync(RedisServer sentinel, RedisServer primary)
    {
        var replicas = (await sentinel.CommandAsync("SENTINEL", "REPLICAS", ServiceName)).Items.Select(Fields).ToList();
        return Nodes.Where(node => node != primary && !node.Process.HasEnded).All(node => replicas.Any(replica =>
            replica["port"] == $"{node.Port}"
            && replica["role-reported"] == "slave"
            && replica["master-link-status"] == "ok"
            && replica["master-port"] == $"{primary.Port}"));
    }

    private static Dictionary<string, string> Fields(RedisReply reply) =>
        reply.Items.Chunk(2).ToDictionary(field => field[0].Text, field => field[1].Text);

    private static async Task<long> NamedByAsync(RedisServer sentinel) =>
        (await sentinel.CommandAsync("SENTINEL", "GET-MASTER-ADDR-BY-NAME", ServiceName)).Items[1].Number;
}
