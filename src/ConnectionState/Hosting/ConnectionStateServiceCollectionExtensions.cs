using ConnectionStateService.Core;
using ConnectionStateService.Rpc;
using ConnectionStateService.Rpc.Standard;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Timers;
using ConnectionStateService.Watch;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting;

/// <summary>What the service is made of.</summary>
internal static class ConnectionStateServiceCollectionExtensions
{
    private const int LargestMessage = 256 * 1024;

    // Open streams end at once; what takes longer is a caller that does not read, and is cut off.
    private static readonly TimeSpan LongestShutdown = TimeSpan.FromSeconds(5);

    /// <summary>Adds the store, the rules, the timer, the watch and the API, with their options; what is there already stays.</summary>
    public static IServiceCollection AddConnectionState(this IServiceCollection services)
    {
        services.AddOptionsAt<Rules>("Rules").AddOptionsAt<RetentionOptions>("Rules:Retention").AddOptionsAt<StoreOptions>("Store").AddOptionsAt<RedisOptions>("Store:Redis").AddOptionsAt<TimerOptions>("Timer")
            .AddOptionsAt<WatchOptions>("Watch");
        services.Configure<HostOptions>(host => host.ShutdownTimeout = LongestShutdown);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Instruments>();
        services.TryAddSingleton(NewStore);
        services.TryAddSingleton<ClaimSettlement>();
        services.TryAddSingleton<MerchantCommandHandler>();
        services.TryAddSingleton<DeadlineProcessor>();
        services.TryAddSingleton<WatchHub>();
        services.AddHostedService<StoreLifetime>();
        services.AddHostedService<TimerService>();
        services.AddHostedService<WatchReconciliationService>();
        return services.AddApi().AddBrowserAccess().AddConsole();
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

    /// <summary>Adds options that are read from a section of the configuration and checked at start.</summary>
    public static IServiceCollection AddOptionsAt<T>(this IServiceCollection services, string section) where T : class
    {
        // A name that is none would leave an option at its default, and nobody the wiser.
        services.AddOptions<T>().BindConfiguration(section, binder => binder.ErrorOnUnknownConfiguration = true).ValidateOnStart();
        services.AddSingleton<IValidateOptions<T>>(new SectionValidator<T>(section));
        return services;
    }
}
