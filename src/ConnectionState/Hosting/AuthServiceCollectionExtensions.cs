using ConnectionStateService.Auth;
using ConnectionStateService.Hosting.Configuration;
using ConnectionStateService.Store;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace ConnectionStateService.Hosting;

/// <summary>Authentication, merchant tokens and their public keys.</summary>
internal static class AuthServiceCollectionExtensions
{
    private const string KeySetRoute = "/.well-known/jwks.json";

    // A next key is published for ten minutes before it signs.
    private const string KeySetCaching = "public, max-age=300";

    public static IServiceCollection AddAuth(this IServiceCollection services)
    {
        services
            .AddOptionsSection<AuthOptions>("Auth")
            .AddOptionsSection<JwtOptions>("Auth:Jwt")
            .AddOptionsSection<MerchantTokenOptions>("Auth:MerchantTokens")
            .AddSingleton<IValidateOptions<AuthOptions>, AuthConfigurationValidator>();
        services.TryAddSingleton<ITokenStore>(provider => provider.GetRequiredService<IConnectionStore>());
        services.TryAddSingleton<CredentialClock>();
        services.TryAddSingleton<AuthorizedStreams>();
        services.TryAddSingleton<Revocations>();
        services.TryAddSingleton<CallerCache>();
        services.TryAddSingleton<KeyRingSource>();
        services.AddHostedService(provider => provider.GetRequiredService<KeyRingSource>());
        services.TryAddSingleton<ClientCertificates>();
        services.TryAddSingleton<SigningKeys>();
        services.TryAddSingleton<MerchantTokenIssuer>();
        services.TryAddSingleton<MerchantTokenValidator>();
        services.TryAddSingleton<MerchantTokenMaintenance>();
        services.AddHostedService(provider => provider.GetRequiredService<MerchantTokenMaintenance>());
        services.AddJwt();
        services.TryAddSingleton<Authenticator>();
        return services;
    }

    /// <summary>Maps the public keys of merchant tokens.</summary>
    public static void MapPublicKeys(this IEndpointRouteBuilder app) => app.MapGet(KeySetRoute, (SigningKeys keys, HttpResponse response) =>
    {
        response.Headers[HeaderNames.CacheControl] = KeySetCaching;
        return Results.Json(new { keys = keys.Current?.PublicKeys ?? [] });
    });

    // What AddJwtBearer adds, without the authentication middleware, which would authenticate every call anew: JwtValidator calls the handler.
    private static void AddJwt(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<JwtBearerOptions>, JwtBearerConfiguration>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<JwtBearerOptions>, JwtBearerPostConfigureOptions>());
        services.AddHttpClient(JwtAuthorityKeys.HttpClientName).RemoveAllLoggers();
        services.TryAddSingleton<JwtAuthorityKeys>();
        services.AddHostedService(provider => provider.GetRequiredService<JwtAuthorityKeys>());
        services.TryAddSingleton<JwtValidator>();
    }
}
