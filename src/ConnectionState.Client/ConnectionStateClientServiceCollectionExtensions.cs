using ConnectionStateService.Client;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the client of ConnectionState to an application.</summary>
public static class ConnectionStateClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ConnectionStateClient"/> and, each by itself, the typed clients and the watcher that it holds, and a
    /// <see cref="PageListCache"/>; all live as long as the application. What is there already stays.
    /// </summary>
    /// <param name="services">Where to add.</param>
    /// <param name="configure">Sets the options; without it they are at their defaults.</param>
    /// <returns>The same collection.</returns>
    public static IServiceCollection AddConnectionStateClient(
        this IServiceCollection services, Action<ConnectionStateClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<ConnectionStateClientOptions>().Configure(options => configure?.Invoke(options));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new ConnectionStateClient(
            provider.GetRequiredService<IOptions<ConnectionStateClientOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Connect);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Pages);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Signals);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Plans);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Watches);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Watcher);
        services.TryAddSingleton(provider => new PageListCache(provider.GetRequiredService<ConnectionStateClient>()));
        return services;
    }
}
