using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting;

/// <summary>The API for browsers: gRPC-Web on the HTTP port, for the service's own pages and those of the origins that are allowed.</summary>
internal static class BrowserAccess
{
    // What a page of another origin may read of a reply without messages, whose status is in its headers.
    private static readonly string[] Exposed = ["grpc-status", "grpc-message", "grpc-status-details-bin"];

    // How long a browser need not ask again whether it may call.
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    public static IServiceCollection AddBrowserAccess(this IServiceCollection services)
    {
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<IOptions<ListenOptions>>((cors, listen) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. listen.Value.AllowedOrigins])
            .WithMethods(HttpMethods.Post)
            .AllowAnyHeader()
            .WithExposedHeaders(Exposed)
            .SetPreflightMaxAge(Remembered)));
        return services;
    }

    // The gRPC port speaks HTTP/2 and the HTTP port does not.
    public static void UseBrowserAccess(this WebApplication app) =>
        app.UseWhen(context => !HttpProtocol.IsHttp2(context.Request.Protocol), http =>
        {
            http.UseMiddleware<HostFilter>();
            http.UseCors();
            http.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        });
}
