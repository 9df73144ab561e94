using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Client;

/// <summary>
/// Configures a registered client. All extension methods of <see cref="IHttpClientBuilder"/> for gRPC clients work:
/// <c>AddInterceptor</c>, <c>AddCallCredentials</c> (over TLS), <c>ConfigureChannel</c>, <c>AddHttpMessageHandler</c>,
/// <c>ConfigurePrimaryHttpMessageHandler</c>.
/// </summary>
public sealed class ConnectionStateClientBuilder : IHttpClientBuilder
{
    private readonly OptionsBuilder<ConnectionStateClientOptions> options;

    internal ConnectionStateClientBuilder(OptionsBuilder<ConnectionStateClientOptions> options, string httpClientName) =>
        (this.options, Name) = (options, httpClientName);

    /// <summary>The name of the HTTP client and gRPC client in their factories; it appears in their log categories.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public IServiceCollection Services => options.Services;

    /// <summary>Binds the options to a section of the application's configuration.</summary>
    /// <param name="section">The path of the section, such as <c>ConnectionState</c> or <c>Clients:ConnectionState</c>.</param>
    /// <returns>The same builder.</returns>
    public ConnectionStateClientBuilder BindConfiguration(string section)
    {
        options.BindConfiguration(section);
        return this;
    }

    /// <summary>Sets options. Later calls override earlier ones.</summary>
    /// <returns>The same builder.</returns>
    public ConnectionStateClientBuilder Configure(Action<ConnectionStateClientOptions> configure)
    {
        options.Configure(configure);
        return this;
    }

    /// <summary>Sets <see cref="ConnectionStateClientOptions.TokenSource"/> to a function that uses registered services.</summary>
    /// <param name="source">The function. Its services are singletons, or come from a scope that it creates itself.</param>
    /// <returns>The same builder.</returns>
    public ConnectionStateClientBuilder UseTokenSource(Func<IServiceProvider, CancellationToken, ValueTask<AccessToken>> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        options.Configure<IServiceProvider>((o, provider) => o.TokenSource = cancellationToken => source(provider, cancellationToken));
        return this;
    }
}
