using ConnectionStateService.Core;
using ConnectionStateService.Feed;
using ConnectionStateService.Hosting.Configuration;
using ConnectionStateService.Hosting.Tls;
using ConnectionStateService.Limits;
using ConnectionStateService.Merchants;
using ConnectionStateService.Rpc;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Timers;
using ConnectionStateService.Watch;
using Grpc.AspNetCore.HealthChecks;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting;

/// <summary>The services that ConnectionState consists of.</summary>
internal static class ConnectionStateServiceCollectionExtensions
{
    private const int MaxRequestSize = 256 * 1024;

    // An account with thousands of pages.
    private const int MaxConnectRequestSize = 4 * 1024 * 1024;

    // A merchant whose sessions have all the candidates that they may have, or a hundred usual ones.
    private const int MaxImportRequestSize = 4 * 1024 * 1024;

    // Open streams end at once. Only a caller that does not read takes longer; its connection is then aborted.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    // Picks up the result of the last check of the store; costs nothing.
    private static readonly TimeSpan HealthPublishInterval = TimeSpan.FromSeconds(1);

    /// <summary>The top-level sections of the configuration.</summary>
    public static IReadOnlyList<string> SectionNames { get; } =
        ["Auth", "Console", "Feed", "Health", "Limits", "Listen", "Rules", "Store", "Telemetry", "Timer", "Watch", "WatchLists"];

    /// <summary>Adds the store, the rules, the timer, the watch, the API and their options. Services that are registered already are kept.</summary>
    public static IServiceCollection AddConnectionState(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        services.AddConnectionStateOptions();
        services.TryAddSingleton<BoundEndpoints>();
        services.TryAddSingleton<EndpointAddresses>();
        services.AddStore();
        services.AddAuth();
        services.TryAddSingleton<Instruments>();
        services.TryAddSingleton<MerchantQueues>();
        services.TryAddSingleton<CommitLatency>();
        services.TryAddSingleton<MerchantCommitter>();
        services.TryAddSingleton<ClaimSettlement>();
        services.TryAddSingleton<MerchantQueries>();
        services.TryAddSingleton<MerchantCommandHandler>();
        services.TryAddSingleton<SignalDispatcher>();
        services.TryAddSingleton<MerchantErasure>();
        services.TryAddSingleton<DeadlineProcessor>();
        services.TryAddSingleton<PageClaimProcessor>();
        services.TryAddSingleton<WatchHub>();
        services.TryAddSingleton<FeedSource>();
        services.TryAddSingleton<FeedHub>();
        services.TryAddSingleton<FeedConsumers>();
        services.TryAddSingleton<MerchantLists>();
        services.TryAddSingleton<MerchantImporter>();
        services.AddHostedService<TimerService>();
        services.AddHostedService<WatchReconciliationService>();
        services.AddHostedService<FeedReconciliationService>();
        services.AddConnectionStateHealthChecks();
        services.AddConnectionStateApi();
        services.AddBrowserAccess();
        services.AddConsole();
        services.AddHostedService<LifetimeLog>();
        return services;
    }

    private static void AddConnectionStateOptions(this IServiceCollection services) => services
        .AddOptionsSection<ConsoleOptions>("Console")
        .AddOptionsSection<FeedOptions>("Feed")
        .AddOptionsSection<HealthOptions>("Health")
        .AddOptionsSection<LimitOptions>("Limits")
        .AddOptionsSection<ListenOptions>("Listen")
        .AddOptionsSection<ClientCertificateOptions>("Listen:ClientCertificates")
        .AddOptionsSection<Rules>("Rules")
        .AddOptionsSection<RetentionOptions>("Rules:Retention")
        .AddOptionsSection<StoreOptions>("Store")
        .AddOptionsSection<RedisOptions>("Store:Redis")
        .AddOptionsSection<TelemetryOptions>("Telemetry")
        .AddOptionsSection<TimerOptions>("Timer")
        .AddOptionsSection<WatchOptions>("Watch")
        .AddOptionsSection<WatchListsOptions>("WatchLists")
        .AddSingleton<IValidateOptions<ListenOptions>, EndpointValidator>()
        .AddSingleton<IValidateOptions<RedisOptions>, RedisConfigurationValidator>()
        .AddUnknownSectionCheck();

    private static void AddStore(this IServiceCollection services)
    {
        services.TryAddSingleton(CreateStore);
        services.TryAddSingleton<IStoreLifecycle>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IStoreClock>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IMerchantRecords>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IMerchantHistory>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IFeed>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IFeedConsumers>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IFleetIndex>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IPageIndex>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IAccountIndex>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IPageRegister>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IDeadlineQueue>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IClaimQueue>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<IFleetMembership>(provider => provider.GetRequiredService<IConnectionStore>());
        services.AddHostedService<StoreStartup>();
    }

    private static IConnectionStore CreateStore(IServiceProvider services) => FindStoreKind(services) switch
    {
        StoreKind.Redis => ActivatorUtilities.CreateInstance<RedisStore>(services),
        _ => ActivatorUtilities.CreateInstance<SqliteStore>(services),
    };

    private static StoreKind FindStoreKind(IServiceProvider services)
    {
        try
        {
            // The constructor of RedisStore throws if the connection string is invalid.
            _ = services.GetRequiredService<IOptions<RedisOptions>>().Value;
            return services.GetRequiredService<IOptions<StoreOptions>>().Value.Kind;
        }
        catch (OptionsValidationException)
        {
            // The validation at start reports it, together with the errors of all other options.
            return default;
        }
    }

    private static void AddConnectionStateApi(this IServiceCollection services)
    {
        services.TryAddSingleton<CallLimits>();
        services.TryAddSingleton<CallerStreams>();
        services.TryAddSingleton<StreamEnding>();
        services.TryAddSingleton<CallFailures>();
        services.TryAddSingleton<DeliveryMeasurement>();
        services.TryAddSingleton<WatchListsCall>();
        services.TryAddSingleton<CallInterceptor>();
        services.TryAddSingleton<UnreadableRequests>();
        services.TryAddSingleton<StreamAuthorizationInterceptor>();
        services.AddGrpc(grpc =>
            {
                grpc.MaxReceiveMessageSize = MaxRequestSize;
                grpc.Interceptors.Add<StreamAuthorizationInterceptor>();
            })
            .AddJson()
            .AddRpc<ConnectRpc>(V1.ConnectService.BindService)
            .AddServiceOptions<ConnectRpc>(connect => connect.MaxReceiveMessageSize = MaxConnectRequestSize)
            .AddRpc<PageRpc>(V1.PageService.BindService)
            .AddRpc<SignalRpc>(V1.SignalService.BindService)
            .AddRpc<PlanRpc>(V1.PlanService.BindService)
            .AddRpc<WatchRpc>(V1.WatchService.BindService)
            .AddRpc<FeedRpc>(V1.FeedService.BindService)
            .AddRpc<FleetRpc>(V1.FleetService.BindService)
            .AddServiceOptions<FleetRpc>(fleet => fleet.MaxReceiveMessageSize = MaxImportRequestSize)
            .AddRpc<TokenRpc>(V1.TokenService.BindService)
            .AddRpc<MerchantRpc>(V1.MerchantService.BindService);
        services.AddGrpcReflection();
    }

    private static IGrpcServerBuilder AddRpc<TService>(this IGrpcServerBuilder grpc, Action<ServiceBinderBase, TService?> bind)
        where TService : class
    {
        grpc.Services.TryAddSingleton<TService>();

        // In place of all registered providers: the default one would add the same methods again. The one that was added last is that of AddJson.
        grpc.Services.TryAddSingleton<IEnumerable<IServiceMethodProvider<TService>>>(provider =>
        [
            new RpcMethodProvider<TService>(bind, provider.GetRequiredService<UnreadableRequests>()),
            provider.GetRequiredService<IServiceMethodProvider<TService>>(),
        ]);
        return grpc.AddServiceOptions<TService>(options => options.Interceptors.Add<CallInterceptor>());
    }

    // Every gRPC service is as healthy as the store.
    private static void AddConnectionStateHealthChecks(this IServiceCollection services)
    {
        services.TryAddSingleton<StoreHealthCheck>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreHealthCheck>());
        services.Configure<HealthCheckPublisherOptions>(publisher => (publisher.Delay, publisher.Period) = (TimeSpan.Zero, HealthPublishInterval));
        services.AddGrpcHealthChecks(health =>
        {
            foreach (var service in ApiServices.All)
            {
                health.Services.Map(service.FullName, (HealthCheckMapContext _) => true);
            }
        }).AddCheck<StoreHealthCheck>("store");
    }
}
