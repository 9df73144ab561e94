using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>What is asked of the client, whatever the connection string says of servers, users and TLS.</summary>
internal static class RedisConfiguration
{
    // Below the time-out, so that a connection that has died without a word is found out soon.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(500);

    /// <exception cref="StoreRefusedException">The connection string is none.</exception>
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

            // What cannot be sent now fails now: whoever waits for it would rather know.
            configuration.BacklogPolicy = BacklogPolicy.FailFast;

            // Roles are asked of the servers, never agreed on among clients.
            configuration.TieBreaker = "";
            configuration.AllowAdmin = true;
            return configuration;
        }
        catch (ArgumentException e)
        {
            throw new StoreRefusedException($"Store:Redis:Configuration is no connection string: {e.Message}", e);
        }
    }
}
