namespace ConnectionStateService.SystemTests.Support;

/// <summary>One primary, two replicas and three Sentinels. A failover takes a few seconds.</summary>
internal sealed class SentinelDeployment : IAsyncDisposable
{
    private const string ServiceName = "merchants";

    /// <summary>The periods of a Sentinel in milliseconds, shorter than the defaults of several seconds. The steps of a failover are the same.</summary>
    private static readonly string[] Periods =
    [
        "info-period", "300", "ping-period", "200", "ask-period", "200", "publish-period", "500", "default-down-after", "1000",
        "default-failover-timeout", "4000", "tilt-period", "2000", "election-timeout", "2000",
    ];

    private readonly RedisServers servers = new();

    private SentinelDeployment()
    {
    }

    /// <summary>The data servers, whichever is the primary.</summary>
    public IReadOnlyList<RedisServer> Nodes { get; private set; } = [];

    public IReadOnlyList<RedisServer> Sentinels { get; private set; } = [];

    /// <summary>The connection string for clients.</summary>
    public string Configuration =>
        $"{string.Join(',', Sentinels.Select(sentinel => sentinel.Configuration))},serviceName={ServiceName}";

    private IEnumerable<RedisServer> LiveSentinels => Sentinels.Where(sentinel => !sentinel.Process.HasEnded);

    /// <summary>Starts the servers, and waits until replicas are in sync and the Sentinels know each other. Settings are for the data servers.</summary>
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

    /// <summary>Waits until all Sentinels name the same primary and it has that role, and returns it.</summary>
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

    /// <summary>Kills the primary and returns it; does not wait for the failover.</summary>
    public async Task<RedisServer> KillPrimaryAsync()
    {
        var primary = await PrimaryAsync();
        await primary.KillAsync();
        return primary;
    }

    /// <summary>Starts a node again, and waits until it replicates the primary.</summary>
    public async Task RestartAsync(RedisServer node)
    {
        await node.RestartAsync();
        await SettleAsync();
    }

    /// <summary>
    /// Requests a failover from a Sentinel, and waits until it is complete. Writes that the old primary had not replicated are lost, as
    /// always with Sentinel.
    /// </summary>
    public async Task FailoverAsync()
    {
        var old = await PrimaryAsync();
        await Poll.UntilAsync("a Sentinel begins to fail over", async () =>
            (await Sentinels[0].CommandAsync("SENTINEL", "FAILOVER", ServiceName)).Text == "OK");
        await PrimaryAsync(otherThan: old);
        await SettleAsync();
    }

    /// <summary>Waits until every running node replicates the primary, and every Sentinel knows.</summary>
    public Task SettleAsync() => Poll.UntilAsync("the failover is complete", async () =>
    {
        var primary = await PrimaryAsync();
        var views = await Task.WhenAll(LiveSentinels.Select(sentinel => SeesAsync(sentinel, primary)));
        return views.All(seen => seen);
    });

    public ValueTask DisposeAsync() => servers.DisposeAsync();

    private async Task StartNodesAsync(string[] settings)
    {
        Nodes = await servers.StartAsync(3, _ => ["--repl-diskless-sync-delay", "0", .. settings]);
        foreach (var replica in Nodes.Skip(1))
        {
            await replica.CommandAsync("REPLICAOF", "127.0.0.1", Nodes[0].Port);
        }
    }

    private async Task StartSentinelsAsync()
    {
        Sentinels = await servers.StartAsync(3, Settings);
        foreach (var sentinel in Sentinels)
        {
            await sentinel.CommandAsync(["SENTINEL", "DEBUG", .. Periods]);
            await sentinel.CommandAsync("SENTINEL", "MONITOR", ServiceName, "127.0.0.1", Nodes[0].Port, 2);
        }

        await Task.WhenAll(Sentinels.Select(sentinel => Poll.UntilAsync("a Sentinel knows the others", () => KnowsAllAsync(sentinel))));
        await SettleAsync();
    }

    // The Sentinel rewrites its configuration file, so it must not be overwritten on a restart.
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

    // A Sentinel that does not know yet that a node became a replica would revert its next promotion.
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
