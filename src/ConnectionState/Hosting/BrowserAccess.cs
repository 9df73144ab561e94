using ConnectionStateService.Rpc;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting;

/// <summary>gRPC-Web on the HTTP port, for pages that the service serves itself and for pages of the allowed origins (CORS).</summary>
internal static class BrowserAccess
{
    // A reply without messages has its status in the headers; pages of other origins read only those that are exposed.
    private static readonly string[] ExposedHeaders = ["grpc-status", "grpc-message", "grpc-status-details-bin"];

    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromHours(1);

    public static IServiceCollection AddBrowserAccess(this IServiceCollection services)
    {
        services.TryAddSingleton<RefusalLog>();
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<IOptions<ListenOptions>>((cors, listen) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. listen.Value.AllowedOrigins])
            .WithMethods(HttpMethods.Post)
            .AllowAnyHeader()
            .WithExposedHeaders(ExposedHeaders)
            .SetPreflightMaxAge(PreflightMaxAge)));
        return services;
    }

    // By the endpoint, not by the protocol: with TLS, browsers use HTTP/2.
    public static void UseBrowserAccess(this WebApplication app) =>
        app.UseWhen(context => !BoundEndpoints.IsGrpc(context), http =>
        {
            http.UseMiddleware<HostFilter>();
            http.UseMiddleware<OriginLog>();
            http.UseCors();
            TrackedBody.Use(http);
            http.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        });

    /// <summary>Logs calls from origins that are not allowed. CORS lets the browser refuse them, and logs nothing by default.</summary>
    private sealed class OriginLog(RequestDelegate next, IOptions<ListenOptions> listen, RefusalLog refusals)
    {
        public Task InvokeAsync(HttpContext context)
        {
            var origin = context.Request.Headers.Origin.ToString();
            if (origin.Length > 0 && !listen.Value.AllowedOrigins.Contains(origin, StringComparer.Ordinal) && !IsOwn(origin, context.Request.Host))
            {
                refusals.LogOrigin(origin);
            }

            return next(context);
        }

        // A proxy may end TLS, so the schemes may differ.
        private static bool IsOwn(string origin, HostString host) =>
            Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority.Equals(host.Value, StringComparison.OrdinalIgnoreCase);
    }
}
