using ConnectionState.Rpc;
using ConnectionState.Rpc.Standard;

namespace ConnectionState.Hosting;

/// <summary>What the service answers to.</summary>
internal static class ConnectionStateEndpoints
{
    private const string Page = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>ConnectionState</title>
        <h1>ConnectionState</h1>
        <p>The truth about merchants' connections to Facebook Fanpages and Zalo Official Accounts, by gRPC.</p>
        <p>This port answers people and probes: <a href="/health/live">/health/live</a>, <a href="/health/ready">/health/ready</a>.
        The API is on the gRPC port, and here by gRPC-Web. README.md says how to call it, <code>protos/connectionstate/v1</code> is the contract,
        ARCHITECTURE.md says how it works inside.</p>
        </html>
        """;

    // Probes ask with HEAD too.
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    public static void MapConnectionState(this WebApplication app)
    {
        app.UseBrowserAccess();
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

        app.MapMethods("/", Read, () => Results.Content(Page, "text/html; charset=utf-8"));
        app.MapMethods("/health/live", Read, () => Results.Text("live"));
        app.MapMethods("/health/ready", Read, async (Readiness readiness, CancellationToken cancellationToken) =>
            await readiness.CheckAsync(cancellationToken)
                ? Results.Text("ready")
                : Results.Text("not ready: the store does not answer", statusCode: StatusCodes.Status503ServiceUnavailable));
    }
}
