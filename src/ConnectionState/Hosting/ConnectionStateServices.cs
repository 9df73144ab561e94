using System.Net;
using ConnectionState.Core;
using ConnectionState.Rpc;
using ConnectionState.Rpc.Standard;
using ConnectionState.Store;
using ConnectionState.Store.Sqlite;
using ConnectionState.Timers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ConnectionState.Hosting;

/// <summary>What the service is made of.</summary>
internal static class ConnectionStateServices
{
    private const int LargestMessage = 256 * 1024;

    /// <summary>Adds the store, the rules, the timer and the API, with their options; what is there already stays.</summary>
    public static IServiceCollection AddConnectionState(this IServiceCollection services)
    {
        services.AddOptionsAt<Rules>("Rules").AddOptionsAt<StoreOptions>("Store").AddOptionsAt<TimerOptions>("Timer");
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Instruments>();
        services.TryAddSingleton<IConnectionStore, SqliteStore>();
        services.TryAddSingleton<ClaimSettlement>();
        services.TryAddSingleton<Merchants>();
        services.TryAddSingleton<Sweeper>();
        services.AddHostedService<StoreLifetime>();
        services.AddHostedService<TimerService>();
        return services.AddApi();
    }

    /// <summary>Listens for gRPC on one port and for HTTP/1.1 on the other.</summary>
    public static IServiceCollection AddListeners(this IServiceCollection services)
    {
        services.AddOptionsAt<ListenOptions>("Listen");
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ListenOptions>>(Listen);
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
        kestrel.Listen(address, listen.GrpcPort, port => port.Protocols = HttpProtocols.Http2);
        kestrel.Listen(address, listen.HttpPort, port => port.Protocols = HttpProtocols.Http1);
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
