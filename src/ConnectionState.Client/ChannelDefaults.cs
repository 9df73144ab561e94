using ConnectionStateService.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;

namespace ConnectionStateService.Client;

/// <summary>The transport and retry settings of a channel to ConnectionState.</summary>
internal static class ChannelDefaults
{
    // WatchService is not here: PageListWatcher reopens streams itself, with their resume token.
    private static readonly ServiceDescriptor[] RetriedServices =
    [
        ConnectService.Descriptor, PageService.Descriptor, SignalService.Descriptor, PlanService.Descriptor,
        FleetService.Descriptor, TokenService.Descriptor, MerchantService.Descriptor,
    ];

    public static SocketsHttpHandler CreateHandler() => new()
    {
        // gRPC has no redirects: whoever could send one would get the call and its metadata.
        AllowAutoRedirect = false,
        // Proxies often limit a connection to about 100 concurrent streams; more connections are opened as needed.
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // A silent connection is closed after 15 seconds, so that new calls and streams do not use it.
        KeepAlivePingDelay = TimeSpan.FromSeconds(10),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        // New calls and streams then go to a new connection, and so possibly to another replica.
        PooledConnectionLifetime = TimeSpan.FromMinutes(20),
    };

    public static void Apply(GrpcChannelOptions channel, ConnectionStateClientOptions options)
    {
        channel.InitialReconnectBackoff = TimeSpan.FromMilliseconds(100);
        channel.MaxReconnectBackoff = TimeSpan.FromSeconds(1);
        channel.MaxRetryAttempts = options.MaxAttempts;
        channel.ServiceConfig = CreateServiceConfig(options);
    }

    private static ServiceConfig CreateServiceConfig(ConnectionStateClientOptions options)
    {
        var config = new ServiceConfig();
        if (options.MaxAttempts == 1)
        {
            return config;
        }

        // Retries stop when half of the tokens are used up.
        config.RetryThrottling = new() { MaxTokens = 2 * options.RetryBudget, TokenRatio = 0.1 };
        var methods = new MethodConfig
        {
            RetryPolicy = new()
            {
                MaxAttempts = options.MaxAttempts,
                InitialBackoff = options.InitialBackoff,
                MaxBackoff = options.MaxBackoff,
                BackoffMultiplier = 2,
                RetryableStatusCodes = { StatusCode.Unavailable, StatusCode.Aborted },
            },
        };
        foreach (var service in RetriedServices)
        {
            methods.Names.Add(new MethodName { Service = service.FullName });
        }

        // FeedProcessor reopens its streams itself.
        foreach (var method in FeedService.Descriptor.Methods.Where(method => !method.IsServerStreaming))
        {
            methods.Names.Add(new MethodName { Service = FeedService.Descriptor.FullName, Method = method.Name });
        }

        config.MethodConfigs.Add(methods);
        return config;
    }
}
