using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Asks the Sentinels for the primary. The client library can follow Sentinels by itself, but under load some failovers took it several
/// seconds: see docs/decisions/0010-the-store-on-redis.md.
/// </summary>
internal sealed class SentinelClient : IAsyncDisposable
{
    private const string EpochField = "config-epoch";
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromMilliseconds(500);

    // For this time, replies of Sentinels that do not know the latest failover are ignored. After it, lower epochs are accepted, because
    // the Sentinels may have been reinstalled.
    private static readonly TimeSpan EpochLifetime = TimeSpan.FromSeconds(30);

    private readonly string service;
    private readonly ConfigurationOptions configuration;
    private ConnectionMultiplexer? multiplexer;
    private long latestEpoch = -1;
    private long latestEpochAt;

    private SentinelClient(string service, ConfigurationOptions configuration) => (this.service, this.configuration) = (service, configuration);

    /// <summary>Creates a client if the connection string names Sentinels; otherwise returns null.</summary>
    public static SentinelClient? Create(ConfigurationOptions configuration)
    {
        if (string.IsNullOrEmpty(configuration.ServiceName))
        {
            return null;
        }

        var sentinels = configuration.Clone();
        sentinels.ServiceName = null;
        sentinels.DefaultDatabase = null;
        sentinels.AbortOnConnectFail = false;
        return new SentinelClient(configuration.ServiceName, sentinels);
    }

    /// <summary>Returns the primary that the Sentinel with the highest epoch names.</summary>
    /// <exception cref="StoreUnavailableException">No Sentinel knows the primary.</exception>
    public async Task<EndPoint> FindPrimaryAsync()
    {
        var sentinels = multiplexer ??= await ConnectionMultiplexer.SentinelConnectAsync(configuration);
        var replies = sentinels.GetServers().Select(TryAskAsync).ToList();
        await Task.WhenAny(Task.WhenAll(replies), Task.Delay(ReplyTimeout));
        var (epoch, primary) = replies.Where(reply => reply.IsCompletedSuccessfully).Select(reply => reply.Result)
            .Append((Epoch: -1, Primary: null)).MaxBy(reply => reply.Epoch);
        if (primary is null || (epoch < latestEpoch && Environment.TickCount64 - latestEpochAt < EpochLifetime.TotalMilliseconds))
        {
            throw new StoreUnavailableException($"No Sentinel knows the primary of '{service}'.");
        }

        (latestEpoch, latestEpochAt) = (epoch, Environment.TickCount64);
        return primary;
    }

    public async ValueTask DisposeAsync()
    {
        if (multiplexer is not null)
        {
            await multiplexer.DisposeAsync();
        }
    }

    // The epoch is read first, so that it is never newer than the primary.
    private async Task<(long Epoch, EndPoint? Primary)> TryAskAsync(IServer sentinel)
    {
        try
        {
            var fields = await sentinel.SentinelMasterAsync(service);
            var epoch = long.Parse(fields.First(field => field.Key == EpochField).Value, CultureInfo.InvariantCulture);
            return (epoch, await sentinel.SentinelGetMasterAddressByNameAsync(service));
        }
        catch (Exception)
        {
            // Any failure: other Sentinels may reply.
            return (-1, null);
        }
    }
}
