using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Builds the client options: servers, user and TLS come from the connection string, everything else is fixed here.</summary>
internal static class RedisConfiguration
{
    // Shorter than the time-out, so that a connection that died silently is detected soon.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(500);

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
            configuration.KeepAlive = 1;
            configuration.HeartbeatInterval = Heartbeat;
            configuration.HeartbeatConsistencyChecks = true;
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
