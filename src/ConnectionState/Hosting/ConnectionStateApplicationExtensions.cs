using ConnectionStateService.Rpc;
using ConnectionStateService.Rpc.Standard;

namespace ConnectionStateService.Hosting;

/// <summary>What the service answers to.</summary>
internal static class ConnectionStateApplicationExtensions
{
    // Probes ask with HEAD too.
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    public static void MapConnectionState(this WebApplication app)
    {
        app.UseBrowserAccess();
        app.UseConsole();
        app.MapGrpcService<ConnectRpc>();
        app.MapGrpcService<PageRpc>();
        app.MapGrpcService<SignalRpc>();
        app.MapGrpcService<PlanRpc>();
        app.MapGrpcService<WatchRpc>();
        app.MapGrpcService<HealthRpc>();
        if (app.Environment.IsDevelopment())
        {
            app.MapGrpcService<ReflectionRpc>();
        }

        app.MapMethods("/health/live", Read, () => Results.Text("live"));
        app.MapMethods("/health/ready", Read, async (Readiness readiness, CancellationToken cancellationToken) =>
            await readiness.CheckAsync(cancellationToken)
                ? Results.Text("ready")
                : Results.Text("not ready: the store does not answer", statusCode: StatusCodes.Status503ServiceUnavailable));
    }
}
