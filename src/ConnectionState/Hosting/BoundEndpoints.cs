using KestrelListenOptions = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace ConnectionStateService.Hosting;

/// <summary>The endpoints as Kestrel has bound them, with the ports that it has picked.</summary>
internal sealed class BoundEndpoints
{
    private const string InProcess = "in process";

    private KestrelListenOptions? grpc;
    private KestrelListenOptions? http;

    /// <summary>The address of the gRPC endpoint, such as <c>http://127.0.0.1:5081</c>.</summary>
    public string Grpc => grpc?.ToString() ?? InProcess;

    /// <summary>The address of the HTTP endpoint, such as <c>http://127.0.0.1:5080</c>.</summary>
    public string Http => http?.ToString() ?? InProcess;

    /// <summary>Marks the connections of the gRPC endpoint.</summary>
    public void AddGrpc(KestrelListenOptions endpoint)
    {
        grpc = endpoint;
        endpoint.Use(next => connection =>
        {
            connection.Features.Set(GrpcConnection.Instance);
            return next(connection);
        });
    }

    /// <summary>Marks the connections of the HTTP endpoint.</summary>
    public void AddHttp(KestrelListenOptions endpoint)
    {
        http = endpoint;
        endpoint.Use(next => connection =>
        {
            connection.Features.Set(HttpConnection.Instance);
            return next(connection);
        });
    }

    /// <summary>Whether a call arrived on the gRPC endpoint. Calls in process never do.</summary>
    public static bool IsGrpc(HttpContext context) => context.Features.Get<GrpcConnection>() is not null;

    /// <summary>Whether a call arrived on the HTTP endpoint. Calls in process never do.</summary>
    public static bool IsHttp(HttpContext context) => context.Features.Get<HttpConnection>() is not null;

    private sealed class HttpConnection
    {
        public static readonly HttpConnection Instance = new();
    }

    // A feature of the connection is one of all its requests too.
    private sealed class GrpcConnection
    {
        public static readonly GrpcConnection Instance = new();
    }
}
