using System.Diagnostics;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Whether this Redis may be used, whether it can serve now, and what a commit survives on it.</summary>
internal sealed partial class RedisDeployment(
    RedisConnection connection, RedisNotifications notifications, ILogger logger)
{
    private const int Probes = 16;
    private const string NotEvicting = "noeviction";

    private static readonly Version Oldest = new(7, 0);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until Redis can serve and is heard, checks that it may be used, and says what it is.</summary>
    /// <exception cref="StoreRefusedException">It must not be used as it is, or does not answer in time.</exception>
    public async Task<string> OpenAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await connection.OpenAsync();
                var description = await InspectAsync(cancellationToken);
                await notifications.OpenAsync(cancellationToken);
                return description;
            }
            catch (Exception e) when (RedisErrors.Translate(e, null) is not null || e is StoreUnavailableException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                if (waiting.Elapsed > patience)
                {
                    throw new StoreRefusedException($"Redis does not serve after {patience}: {e.Message}", e);
                }

                Log.Waiting(logger, e.Message);
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    /// <summary>Writes to a few partitions. One that can be written is enough: the rest of a Cluster may be out, but not all is.</summary>
    /// <exception cref="StoreUnavailableException">None can be written.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var probes = Enumerable.Range(0, Probes).Select(_ => ProbeAsync(Random.Shared.Next(RedisKeys.PartitionCount), cancellationToken)).ToList();
        var failures = new List<StoreUnavailableException>();
        foreach (var probe in probes)
        {
            try
            {
                await probe;
            }
            catch (StoreUnavailableException e)
            {
                failures.Add(e);
            }
        }

        if (failures.Count == Probes)
        {
            throw failures[0];
        }
    }

    private Task<RedisResult> ProbeAsync(int partition, CancellationToken cancellationToken) => connection.AskAsync(
        db => db.ScriptEvaluateAsync(
            RedisScripts.Probe,
            [RedisKeys.Probe(partition)],
            [(string)RedisKeys.Channel(partition)!, ""],
            CommandFlags.DemandMaster),
        cancellationToken);

    private async Task<string> InspectAsync(CancellationToken cancellationToken)
    {
        var servers = connection.Primaries;
        if (servers.Length == 0)
        {
            throw new StoreUnavailableException("No server that takes writes is reached.");
        }

        Refuse(
            servers.Length > 1 && servers.Any(server => server.ServerType != ServerType.Cluster),
            $"Store:Redis:Configuration leads to {servers.Length} primaries that are no Cluster; one process would write here, another there.");
        var durabilities = new List<RedisDurability>();
        foreach (var server in servers)
        {
            var info = await RedisInfo.ReadAsync(server);
            Refuse(server.Version < Oldest, $"Redis {server.Version} at {server.EndPoint} is too old; {Oldest} or newer is needed.");
            Refuse(
                info.MaxMemoryPolicy != NotEvicting,
                $"Redis at {server.EndPoint} may evict merchants (maxmemory-policy {info.MaxMemoryPolicy}); it must be {NotEvicting}.");
            durabilities.Add(info.Durability);
        }

        await CheckPartitionsAsync(cancellationToken);
        await CheckAsync(cancellationToken);
        var weakest = durabilities.MinBy(durability => durability.Rank)!;
        return $"Redis, {Shape(servers)}; durability: {weakest}";
    }

    private async Task CheckPartitionsAsync(CancellationToken cancellationToken)
    {
        await connection.AskAsync(
            db => db.StringSetAsync(RedisKeys.Partitions, RedisKeys.PartitionCount, when: When.NotExists, flags: CommandFlags.DemandMaster),
            cancellationToken);
        var stored = await connection.AskAsync(db => db.StringGetAsync(RedisKeys.Partitions, CommandFlags.DemandMaster), cancellationToken);
        Refuse(
            stored != RedisKeys.PartitionCount,
            $"This Redis was filled by a version with {stored} partitions, and this one has {RedisKeys.PartitionCount}.");
    }

    private static void Refuse(bool wrong, string why)
    {
        if (wrong)
        {
            throw new StoreRefusedException(why);
        }
    }

    private static string Shape(IServer[] servers) => servers is [{ ServerType: not ServerType.Cluster } only]
        ? $"primary {only.EndPoint}"
        : $"Cluster of {servers.Length} primaries";

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Waiting for Redis: {Why}")]
        public static partial void Waiting(ILogger logger, string why);
    }
}
