using System.Net;
using ConnectionStateService.Telemetry;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Runs commands on a multiplexer, and replaces the multiplexer when it no longer leads to the primary. Commands fail at once while Redis
/// is not connected.
/// </summary>
internal sealed partial class RedisConnection : IAsyncDisposable
{
    /// <summary>
    /// The maximum time-out of what the fleet waits for, whatever <see cref="RedisOptions.Timeout"/> is: heartbeats, and looks at partitions. A
    /// process that waits longer for one shard would miss its heartbeats, or the deadlines and the feed of other shards.
    /// </summary>
    public static readonly TimeSpan FleetTimeout = TimeSpan.FromSeconds(2);

    private readonly ConfigurationOptions configuration;
    private readonly ILogger logger;
    private readonly Instruments? instruments;
    private readonly SentinelClient? sentinels;
    private readonly PrimaryTracker tracker;
    private readonly SemaphoreSlim replacing = new(1);
    private Func<ISubscriber, Task> subscribe = _ => Task.CompletedTask;
    private ConnectionMultiplexer? multiplexer;
    private volatile bool isClosing;

    public RedisConnection(ConfigurationOptions configuration, ILogger logger, Instruments? instruments = null)
    {
        (this.configuration, this.logger, this.instruments) = (configuration, logger, instruments);
        sentinels = SentinelClient.Create(configuration);
        tracker = new PrimaryTracker(this, sentinels, logger);
    }

    /// <summary>Raised after a reconnect, and when servers changed their roles or slots: messages may have been lost.</summary>
    public event Action? Changed;

    /// <summary>The primary that the Sentinels named when the multiplexer was connected, or null without Sentinels.</summary>
    public EndPoint? SentinelPrimary { get; private set; }

    /// <summary>The primaries that are connected.</summary>
    public IServer[] Primaries => [.. Multiplexer.GetServers().Where(s => s is { IsConnected: true, IsReplica: false })];

    /// <summary>Whether Redis is a Cluster: all keys of a command must then be in one slot.</summary>
    public bool IsCluster { get; private set; }

    private ConnectionMultiplexer Multiplexer => multiplexer ?? throw new StoreUnavailableException("The store is not open.");

    /// <summary>Connects. May be called again after it failed.</summary>
    /// <param name="subscribe">Subscribes each multiplexer before it is used; nothing by default.</param>
    /// <exception cref="RedisConnectionException">No server can be reached.</exception>
    /// <exception cref="StoreUnavailableException">No Sentinel knows a primary.</exception>
    public async Task OpenAsync(Func<ISubscriber, Task>? subscribe = null)
    {
        this.subscribe = subscribe ?? this.subscribe;
        await ReplaceAsync();
        tracker.Start();
    }

    /// <summary>Divides merchants into groups that a script may name: those of one partition in a Cluster, otherwise any.</summary>
    /// <param name="merchantIds">The merchants.</param>
    /// <param name="limit">The maximum number of merchants in a group.</param>
    public IEnumerable<string[]> ChunkForScripts(IEnumerable<string> merchantIds, int limit) => IsCluster
        ? merchantIds.GroupBy(RedisKeys.PartitionOf).SelectMany(partition => partition.Chunk(limit))
        : merchantIds.Chunk(limit);

    /// <summary>Runs a command, and translates its failures.</summary>
    /// <param name="command">Sends the command.</param>
    /// <param name="cancellationToken">Stops waiting for the reply; the command may be executed nevertheless.</param>
    /// <param name="merchantId">The merchant whose record is accessed, or null.</param>
    /// <param name="timeout">The time-out, if it is less than <see cref="RedisOptions.Timeout"/>.</param>
    /// <exception cref="StoreUnavailableException">There is no reply. Whether the command was executed is unknown.</exception>
    /// <exception cref="RecordUnreadableException">A key of the merchant has another type than this version writes.</exception>
    public async Task<T> ExecuteAsync<T>(
        Func<IDatabase, Task<T>> command, CancellationToken cancellationToken, string? merchantId = null, TimeSpan? timeout = null)
    {
        try
        {
            return await command(Multiplexer.GetDatabase()).WaitAsync(timeout ?? Timeout.InfiniteTimeSpan, cancellationToken);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // The client cancels commands in flight on some connections that end.
            CountError(e);
            throw new StoreUnavailableException("Redis cannot serve this now: the connection ended.", e);
        }
        catch (Exception e) when (RedisErrors.Translate(e, merchantId) is { } translated)
        {
            CountError(e);
            if (RedisErrors.IsWrongServer(e))
            {
                tracker.ReportWrongServer();
            }

            throw translated;
        }
    }

    /// <summary>Has the multiplexer read the roles and slots of all servers again.</summary>
    public Task ReconfigureAsync() => Multiplexer.ConfigureAsync();

    /// <summary>Replaces the multiplexer by a new one.</summary>
    public async Task ReconnectAsync()
    {
        await ReplaceAsync();
        Log.Reconnected(logger);
        Changed?.Invoke();
    }

    public async ValueTask DisposeAsync()
    {
        isClosing = true;
        await tracker.DisposeAsync();
        await replacing.WaitAsync();
        try
        {
            await (multiplexer?.DisposeAsync() ?? default);
            await (sentinels?.DisposeAsync() ?? default);
        }
        finally
        {
            replacing.Release();
        }
    }

    // One at a time, so that the newest answer of the Sentinels wins.
    private async Task ReplaceAsync()
    {
        ConnectionMultiplexer? replaced;
        await replacing.WaitAsync();
        try
        {
            ObjectDisposedException.ThrowIf(isClosing, this);
            replaced = Interlocked.Exchange(ref multiplexer, await ConnectAsync());
        }
        finally
        {
            replacing.Release();
        }

        await (replaced?.DisposeAsync() ?? default);
    }

    private void CountError(Exception e) =>
        instruments?.CountStoreError(WireNames.Of(StoreKind.Redis), e is RedisServerException server ? $"{server.Kind}" : e.GetType().Name);

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var primary = sentinels is null ? null : await sentinels.FindPrimaryAsync();
        var connected = await ConnectionMultiplexer.ConnectAsync(OptionsFor(primary));
        try
        {
            await subscribe(connected.GetSubscriber());
        }
        catch
        {
            await connected.DisposeAsync();
            throw;
        }

        SentinelPrimary = primary;
        IsCluster = connected.GetServers().Any(server => server.ServerType == ServerType.Cluster);
        connected.ConnectionRestored += (_, _) => Changed?.Invoke();
        connected.ConfigurationChanged += (_, _) => Changed?.Invoke();
        connected.HashSlotMoved += (_, _) => Changed?.Invoke();
        return connected;
    }

    private ConfigurationOptions OptionsFor(EndPoint? primary)
    {
        var options = configuration.Clone();
        if (primary is not null)
        {
            options.ServiceName = null;
            options.EndPoints.Clear();
            options.EndPoints.Add(primary);
        }

        return options;
    }

    private static partial class Log
    {
        [LoggerMessage(6201, LogLevel.Warning, "Reconnected to Redis: the previous connection no longer led to the primary.")]
        public static partial void Reconnected(ILogger logger);
    }
}
