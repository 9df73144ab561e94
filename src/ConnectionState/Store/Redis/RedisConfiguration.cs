using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Builds the client options: servers, user and TLS come from the connection string, everything else is fixed here.</summary>
internal static class RedisConfiguration
{
    // How often the client looks for commands that timed out and for connections that were lost. Sends nothing.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(500);

    // Only keeps quiet connections open. That a connection died silently is found out by the fleet's heartbeat (every 2 s), the probe of
    // the subscriptions (every second), or the first command that times out.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(10);

    /// <exception cref="StoreUnusableException">The connection string is invalid.</exception>
    public static ConfigurationOptions Build(RedisOptions options)
    {
        try
        {
            var configuration = ConfigurationOptions.Parse(options.Configuration, ignoreUnknown: false);
            if (configuration.EndPoints.Count == 0)
            {
                throw new ArgumentException("it names no server");
            }

            var timeout = (int)options.Timeout.TotalMilliseconds;
            configuration.ClientName ??= "ConnectionState";
            configuration.AbortOnConnectFail = true;
            configuration.ConnectRetry = 1;
            configuration.ConnectTimeout = timeout;
            configuration.AsyncTimeout = timeout;
            configuration.SyncTimeout = timeout;
            configuration.KeepAlive = (int)KeepAlive.TotalSeconds;
            configuration.HeartbeatInterval = Heartbeat;
            configuration.ReconnectRetryPolicy = new LinearRetry((int)Heartbeat.TotalMilliseconds);

            // A command that cannot be sent now fails at once: callers prefer UNAVAILABLE to waiting.
            configuration.BacklogPolicy = BacklogPolicy.FailFast;

            // Servers know their roles; clients do not vote on them.
            configuration.TieBreaker = "";
            configuration.AllowAdmin = true;
            return configuration;
        }
        catch (ArgumentException e)
        {
            throw new StoreUnusableException($"Store:Redis:Configuration is not a valid connection string: {e.Message}", e);
        }
    }
}
