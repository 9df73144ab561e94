using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Asks the Sentinels who is the primary. The client can follow Sentinels by itself, but blocks threads of the pool for seconds while it
/// does, and then nothing else is served either.
/// </summary>
internal sealed class RedisSentinels : IAsyncDisposable
{
    private const string Epoch = "config-epoch";
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    // For so long nobody is believed who has not heard of the newest failover; Sentinels that were set up anew are, after that.
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private readonly string service;
    private readonly ConfigurationOptions configuration;
    private ConnectionMultiplexer? multiplexer;
    private long newest = -1;
    private long newestAt;

    private RedisSentinels(string service, ConfigurationOptions configuration) => (this.service, this.configuration) = (service, configuration);

    /// <summary>The Sentinels of a connection string, if it names any.</summary>
    public static RedisSentinels? Of(ConfigurationOptions configuration)
    {
        if (string.IsNullOrEmpty(configuration.ServiceName))
        {
            return null;
        }

        var sentinels = configuration.Clone();
        sentinels.ServiceName = null;
        sentinels.DefaultDatabase = null;
        sentinels.AbortOnConnectFail = false;
        return new RedisSentinels(configuration.ServiceName, sentinels);
    }

    /// <summary>Where the primary is, by the Sentinel that knows of the newest failover.</summary>
    /// <exception cref="StoreUnavailableException">No Sentinel knows.</exception>
    public async Task<EndPoint> FindPrimaryAsync()
    {
        var sentinels = multiplexer ??= await ConnectionMultiplexer.SentinelConnectAsync(configuration);
        var answers = sentinels.GetServers().Select(AskAsync).ToList();
        await Task.WhenAny(Task.WhenAll(answers), Task.Delay(Patience));
        var (epoch, primary) = answers.Where(answer => answer.IsCompletedSuccessfully).Select(answer => answer.Result)
            .Append((Epoch: -1, Primary: null)).MaxBy(answer => answer.Epoch);
        if (primary is null || (epoch < newest && Environment.TickCount64 - newestAt < Memory.TotalMilliseconds))
        {
            throw new StoreUnavailableException($"No Sentinel says who is the primary of {service} by now.");
        }

        (newest, newestAt) = (epoch, Environment.TickCount64);
        return primary;
    }

    public async ValueTask DisposeAsync()
    {
        if (multiplexer is not null)
        {
            await multiplexer.DisposeAsync();
        }
    }

    // The epoch first: it must not be newer than the primary that comes with it.
    private async Task<(long Epoch, EndPoint? Primary)> AskAsync(IServer sentinel)
    {
        try
        {
            var about = await sentinel.SentinelMasterAsync(service);
            var epoch = long.Parse(about.First(field => field.Key == Epoch).Value, CultureInfo.InvariantCulture);
            return (epoch, await sentinel.SentinelGetMasterAddressByNameAsync(service));
        }
        catch (Exception)
        {
            // Whatever it is: the others may know.
            return (-1, null);
        }
    }
}
