using System.Diagnostics.Metrics;
using ConnectionStateService.Client;
using Grpc.Core;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the client of ConnectionState.</summary>
public static class ConnectionStateClientServiceCollectionExtensions
{
    private const string HttpClientName = "ConnectionState";

    /// <summary>
    /// Adds <see cref="ConnectionStateClient"/>, the gRPC client of each service, <see cref="IPageListWatcher"/>,
    /// <see cref="IPageListCache"/> and <see cref="IPageReporter"/> as singletons on top of the gRPC client factory. Services that are
    /// registered already are kept.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets options, or null for the defaults.</param>
    /// <returns>
    /// A builder for options, handlers, interceptors, credentials and the channel. The options are validated when the host starts; an
    /// <see cref="OptionsValidationException"/> names every error.
    /// </returns>
    public static ConnectionStateClientBuilder AddConnectionStateClient(
        this IServiceCollection services, Action<ConnectionStateClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var builder = AddTransport(services, Options.Options.DefaultName, HttpClientName, configure);
        services.TryAddSingleton(provider => CreateClient(provider, Options.Options.DefaultName, HttpClientName));
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Connect);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Pages);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Signals);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Plans);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Watches);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Feeds);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Fleet);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Merchants);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Tokens);
        services.TryAddSingleton(provider => provider.GetRequiredService<ConnectionStateClient>().Watcher);
        services.TryAddSingleton<IPageListCache>(
            provider => new PageListCache(provider.GetRequiredService<ConnectionStateClient>()));
        services.TryAddSingleton<IPageReporter>(provider => new PageReporter(
            provider.GetRequiredService<ConnectionStateClient>(), provider.GetRequiredService<IPageListCache>() as PageListCache));
        return builder;
    }

    /// <summary>
    /// Adds a named client, for a second server: the same services as <see cref="AddConnectionStateClient(IServiceCollection,
    /// Action{ConnectionStateClientOptions})"/>, keyed by <paramref name="name"/>: <c>[FromKeyedServices("eu")] ConnectionStateClient</c>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name of the options and the key of the services.</param>
    /// <param name="configure">Sets options, or null for the defaults.</param>
    /// <returns>A builder for options, handlers, interceptors, credentials and the channel.</returns>
    public static ConnectionStateClientBuilder AddConnectionStateClient(
        this IServiceCollection services, string name, Action<ConnectionStateClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var httpClientName = $"{HttpClientName}-{name}";
        var builder = AddTransport(services, name, httpClientName, configure);
        services.TryAddKeyedSingleton(name, (provider, _) => CreateClient(provider, name, httpClientName));
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ConnectionStateClient>(name).Connect);
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ConnectionStateClient>(name).Pages);
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ConnectionStateClient>(name).Signals);
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ConnectionStateClient>(name).Plans);
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ConnectionStateClient>(name).Watches);
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ConnectionStateClient>(name).Feeds);
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ConnectionStateClient>(name).Fleet);
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ConnectionStateClient>(name).Merchants);
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ConnectionStateClient>(name).Tokens);
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ConnectionStateClient>(name).Watcher);
        services.TryAddKeyedSingleton<IPageListCache>(
            name, (provider, _) => new PageListCache(provider.GetRequiredKeyedService<ConnectionStateClient>(name)));
        services.TryAddKeyedSingleton<IPageReporter>(name, (provider, _) => new PageReporter(
            provider.GetRequiredKeyedService<ConnectionStateClient>(name),
            provider.GetRequiredKeyedService<IPageListCache>(name) as PageListCache));
        return builder;
    }

    private static ConnectionStateClientBuilder AddTransport(
        IServiceCollection services, string name, string httpClientName, Action<ConnectionStateClientOptions>? configure)
    {
        var options = services.AddOptionsWithValidateOnStart<ConnectionStateClientOptions>(name);
        services.AddSingleton<IValidateOptions<ConnectionStateClientOptions>>(new ConnectionStateClientOptionsValidator(name));
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddMetrics();
        services
            .AddGrpcClient<Transport>(httpClientName, (provider, factory) => factory.Address = GetOptions(provider, name).Address)
            .ConfigureChannel((provider, channel) => ChannelDefaults.Apply(channel, GetOptions(provider, name)))
            .ConfigurePrimaryHttpMessageHandler(ChannelDefaults.CreateHandler);
        return new ConnectionStateClientBuilder(options, httpClientName);
    }

    private static ConnectionStateClient CreateClient(IServiceProvider provider, string name, string httpClientName) => new(
        provider.GetRequiredService<GrpcClientFactory>().CreateClient<Transport>(httpClientName).Invoker,
        GetOptions(provider, name),
        provider.GetService<TimeProvider>() ?? TimeProvider.System,
        provider.GetRequiredService<ILoggerFactory>(),
        new ClientMetrics(provider.GetRequiredService<IMeterFactory>(), name));

    private static ConnectionStateClientOptions GetOptions(IServiceProvider provider, string name) =>
        provider.GetRequiredService<IOptionsMonitor<ConnectionStateClientOptions>>().Get(name);

    // The gRPC client factory creates it like a generated client; the clients of all services share its invoker.
    private sealed class Transport(CallInvoker invoker)
    {
        public CallInvoker Invoker => invoker;
    }
}
