using System.Diagnostics;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Waits for Redis at start, checks that it may be used, and describes which failures a commit survives on it.</summary>
internal sealed partial class RedisDeployment(
    RedisConnection connection, RedisNotifications notifications, WriteProbe writeProbe, ILogger logger)
{
    private const string RequiredPolicy = "noeviction";

    private static readonly Version MinimumVersion = new(7, 0);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until Redis serves commits and delivers notifications.</summary>
    /// <returns>The description of the deployment.</returns>
    /// <exception cref="StoreUnusableException">Redis must not be used as it is, or does not serve within the time-out.</exception>
    public async Task<string> OpenAsync(TimeSpan timeout, CancellationToken cancellationToken)
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
                if (waiting.Elapsed > timeout)
                {
                    throw new StoreUnusableException($"Redis does not serve after {timeout}: {e.Message}", e);
                }

                Log.Waiting(logger, e.Message);
                await Task.Delay(RetryDelay, cancellationToken);
            }
        }
    }

    private async Task<string> InspectAsync(CancellationToken cancellationToken)
    {
        var servers = connection.Primaries;
        if (servers.Length == 0)
        {
            throw new StoreUnavailableException("No primary is connected.");
        }

        RefuseIf(
            servers.Length > 1 && servers.Any(server => server.ServerType != ServerType.Cluster),
            $"Store:Redis:Configuration names {servers.Length} primaries that do not form a Cluster; processes would write to different ones.");
        var durabilities = new List<RedisDurability>();
        foreach (var server in servers)
        {
            var info = await RedisInfo.ReadAsync(server);
            RefuseIf(
                server.Version < MinimumVersion,
                $"Redis {server.Version} at {server.EndPoint} is too old; version {MinimumVersion} or newer is required.");
            RefuseIf(
                info.MaxMemoryPolicy != RequiredPolicy,
                $"Redis at {server.EndPoint} may evict merchants (maxmemory-policy {info.MaxMemoryPolicy}); set it to {RequiredPolicy}.");
            durabilities.Add(info.Durability);
        }

        await CheckPartitionCountAsync(cancellationToken);
        await writeProbe.CheckAsync(cancellationToken);
        var weakest = durabilities.MinBy(durability => durability.Rank)!;
        return $"Redis, {Describe(servers)}; durability: {weakest}";
    }

    private async Task CheckPartitionCountAsync(CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(
            db => db.StringSetAsync(RedisKeys.Partitions, RedisKeys.PartitionCount, when: When.NotExists, flags: CommandFlags.DemandMaster),
            cancellationToken);
        var stored = await connection.ExecuteAsync(
            db => db.StringGetAsync(RedisKeys.Partitions, CommandFlags.DemandMaster), cancellationToken);
        RefuseIf(
            stored != RedisKeys.PartitionCount,
            $"This Redis was filled by a version with {stored} partitions; this version has {RedisKeys.PartitionCount}.");
    }

    private static void RefuseIf(bool condition, string reason)
    {
        if (condition)
        {
            throw new StoreUnusableException(reason);
        }
    }

    private static string Describe(IServer[] servers) => servers is [{ ServerType: not ServerType.Cluster } only]
        ? $"primary {only.EndPoint}"
        : $"Cluster of {servers.Length} primaries";

    private static partial class Log
    {
        [LoggerMessage(6211, LogLevel.Warning, "Waiting for Redis: {Reason}")]
        public static partial void Waiting(ILogger logger, string reason);
    }
}
