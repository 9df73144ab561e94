using ConnectionStateService.Rpc;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace ConnectionStateService.Hosting;

/// <summary>gRPC-Web and JSON on the HTTP port, for pages that the service serves itself and for pages of the allowed origins (CORS).</summary>
internal static class BrowserAccess
{
    // A reply without messages has its status in the headers; pages of other origins read only those that are exposed.
    private static readonly string[] ExposedHeaders = ["grpc-status", "grpc-message", "grpc-status-details-bin", HeaderNames.RetryAfter];

    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromHours(1);

    public static IServiceCollection AddBrowserAccess(this IServiceCollection services)
    {
        services.TryAddSingleton<RefusalLog>();
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<IOptions<ListenOptions>>((cors, listen) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. listen.Value.AllowedOrigins])
            .WithMethods(HttpMethods.Get, HttpMethods.Post, HttpMethods.Put)
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
            http.Use(ForbidBuffering);
            http.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        });

    // By default, nginx collects a response before it passes it on: a quiet stream would never arrive.
    private static Task ForbidBuffering(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is { Method.Type: MethodType.ServerStreaming })
        {
            context.Response.Headers["X-Accel-Buffering"] = "no";
        }

        return next(context);
    }

    /// <summary>Logs calls from origins that are not allowed. CORS lets the browser refuse them, and logs nothing by default.</summary>
    private sealed class OriginLog(RequestDelegate next, IOptions<ListenOptions> listen, RefusalLog refusals)
    {
        public Task InvokeAsync(HttpContext context)
        {
            var origin = context.Request.Headers.Origin.ToString();
            if (origin.Length > 0 && !listen.Value.AllowedOrigins.Contains(origin, StringComparer.Ordinal) && !IsOwn(origin, context.Request))
            {
                refusals.LogOrigin(origin);
            }

            return next(context);
        }

        // A proxy may end TLS, so the schemes may differ; or it has put its own host in place of the browser's, which then says what it compared.
        private static bool IsOwn(string origin, HttpRequest request) =>
            (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase))
            || request.Headers["Sec-Fetch-Site"] == "same-origin";
    }
}
