using System.Net;
using ConnectionState.Core;
using ConnectionState.Rpc;
using ConnectionState.Rpc.Standard;
using ConnectionState.Store;
using ConnectionState.Store.Redis;
using ConnectionState.Store.Sqlite;
using ConnectionState.Timers;
using ConnectionState.Watch;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ConnectionState.Hosting;

/// <summary>What the service is made of.</summary>
internal static class ConnectionStateServices
{
    private const int LargestMessage = 256 * 1024;

    // Open streams end at once; what takes longer is a caller that does not read, and is cut off.
    private static readonly TimeSpan LongestShutdown = TimeSpan.FromSeconds(5);

    /// <summary>Adds the store, the rules, the timer, the watch and the API, with their options; what is there already stays.</summary>
    public static IServiceCollection AddConnectionState(this IServiceCollection services)
    {
        services.AddOptionsAt<Rules>("Rules").AddOptionsAt<StoreOptions>("Store").AddOptionsAt<RedisOptions>("Store:Redis").AddOptionsAt<TimerOptions>("Timer")
            .AddOptionsAt<WatchOptions>("Watch");
        services.Configure<HostOptions>(host => host.ShutdownTimeout = LongestShutdown);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Instruments>();
        services.TryAddSingleton(NewStore);
        services.TryAddSingleton<ClaimSettlement>();
        services.TryAddSingleton<Merchants>();
        services.TryAddSingleton<Sweeper>();
        services.TryAddSingleton<WatchHub>();
        services.AddHostedService<StoreLifetime>();
        services.AddHostedService<TimerService>();
        services.AddHostedService<ComparisonService>();
        return services.AddApi().AddBrowserAccess().AddConsole();
    }

    /// <summary>Listens for gRPC on one port and for HTTP/1.1 on the other.</summary>
    public static IServiceCollection AddListeners(this IServiceCollection services)
    {
        services.AddOptionsAt<ListenOptions>("Listen");
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ListenOptions>>(Listen);
        services.AddHostedService<Farewell>();
        return services;
    }

    private static void Listen(KestrelServerOptions kestrel, IOptions<ListenOptions> options)
    {
        ListenOptions listen;
        try
        {
            listen = options.Value;
        }
        catch (OptionsValidationException)
        {
            // Told at start, together with what is wrong with the other options.
            return;
        }

        var address = IPAddress.Parse(listen.Address);
        kestrel.AddServerHeader = false;
        Limit(kestrel.Limits);
        kestrel.Listen(address, listen.GrpcPort, port => port.Protocols = HttpProtocols.Http2);
        kestrel.Listen(address, listen.HttpPort, port => port.Protocols = HttpProtocols.Http1);
    }

    // Streams live long and say little. The pings find out that a caller has gone without a word.
    private static void Limit(KestrelServerLimits limits)
    {
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        limits.Http2.MaxStreamsPerConnection = 100;
        limits.Http2.MaxRequestHeaderFieldSize = 8 * 1024;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;

        // Above the largest message, so that gRPC refuses one that is too large and says so.
        limits.MaxRequestBodySize = 2 * LargestMessage;
    }

    private static IConnectionStore NewStore(IServiceProvider services) => Kind(services) switch
    {
        StoreKind.Redis => ActivatorUtilities.CreateInstance<RedisStore>(services),
        _ => ActivatorUtilities.CreateInstance<SqliteStore>(services),
    };

    private static StoreKind Kind(IServiceProvider services)
    {
        try
        {
            return services.GetRequiredService<IOptions<StoreOptions>>().Value.Kind;
        }
        catch (OptionsValidationException)
        {
            // Told at start, together with what is wrong with the other options.
            return default;
        }
    }

    private static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.TryAddSingleton<CallInterceptor>();
        services.TryAddSingleton<ServiceCatalog>();
        services.TryAddSingleton<Readiness>();
        services.TryAddSingleton<PageIndex>();
        services.TryAddSingleton<ChangeReader>();
        services.TryAddSingleton<SignalDispatch>();
        services.TryAddSingleton<ConnectRpc>();
        services.TryAddSingleton<PageRpc>();
        services.TryAddSingleton<SignalRpc>();
        services.TryAddSingleton<PlanRpc>();
        services.TryAddSingleton<WatchRpc>();
        services.TryAddSingleton<HealthRpc>();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = LargestMessage;
            grpc.Interceptors.Add<CallInterceptor>();
        });
        return services;
    }

    private static IServiceCollection AddOptionsAt<T>(this IServiceCollection services, string section) where T : class
    {
        // A name that is none would leave an option at its default, and nobody the wiser.
        services.AddOptions<T>().BindConfiguration(section, binder => binder.ErrorOnUnknownConfiguration = true).ValidateOnStart();
        services.AddSingleton<IValidateOptions<T>>(new SectionValidator<T>(section));
        return services;
    }
}
