using ConnectionStateService.Rpc;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ConnectionStateService.Hosting;

/// <summary>The endpoints of the service.</summary>
internal static class ConnectionStateApplicationExtensions
{
    /// <summary>Maps the gRPC services, gRPC-Web, JSON, the console and the health endpoints. Reflection is mapped in Development only.</summary>
    public static void MapConnectionState(this WebApplication app)
    {
        app.UseMiddleware<PooledStreamRepair>();
        app.UseBrowserAccess();
        app.UseConsole();
        app.UseMiddleware<CallAuthorization>();
        RequestFrameReader.Use(app);
        app.MapRpc<ConnectRpc>();
        app.MapRpc<PageRpc>();
        app.MapRpc<SignalRpc>();
        app.MapRpc<PlanRpc>();
        app.MapRpc<MerchantRpc>();
        app.MapRpc<WatchRpc>();
        app.MapGrpcPortOnly<FeedRpc>();
        app.MapRpc<FleetRpc>();
        app.MapRpc<TokenRpc>();
        app.MapGrpcHealthChecksService();
        if (app.Environment.IsDevelopment())
        {
            app.MapGrpcReflectionService();
        }

        app.MapUnknownJson();
        app.MapPublicKeys();
        app.MapTelemetry();
        app.MapHealthChecks("/health/live", new HealthCheckOptions
        {
            Predicate = _ => false,
            ResponseWriter = (context, _) => WriteTextAsync(context, "live"),
        });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteReadinessAsync });
    }

    private static Task WriteReadinessAsync(HttpContext context, HealthReport report) => WriteTextAsync(
        context,
        report.Status == HealthStatus.Healthy ? "ready" : $"not ready: {string.Join("; ", report.Entries.Values.Select(entry => entry.Description))}");

    private static Task WriteTextAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text);
    }
}
