using System.Net;
using System.Net.Sockets;
using ConnectionStateService.Auth;
using ConnectionStateService.Hosting.Tls;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using KestrelListenOptions = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace ConnectionStateService.Hosting;

/// <summary>Configures Kestrel: the two ports, the limits, and how dead connections are detected.</summary>
internal static class KestrelEndpoints
{
    private const int MaxHeaderSize = 256 * 1024;
    private const int MaxHeaderCount = 1_000;

    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(130);

    // How long sent data may stay unacknowledged before the connection is closed.
    private static readonly TimeSpan TcpUserTimeout = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Listens on an endpoint for gRPC and on one for HTTP, as <c>Kestrel:Endpoints</c> or <c>Listen</c> configures them, and drains connections on
    /// shutdown.
    /// </summary>
    public static IServiceCollection AddKestrelEndpoints(this IServiceCollection services)
    {
        services.TryAddSingleton<TlsHandshakes>();
        services.AddOptions<KestrelServerOptions>()
            .Configure<IConfiguration, IOptions<ListenOptions>, BoundEndpoints, TlsHandshakes>(Configure);
        services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = CreateListenSocket);
        services.AddHostedService<ShutdownDrainDelay>();
        return services;
    }

    // HTTP/1.1 has no pings, so a browser that vanished is noticed only when sent data stays unacknowledged. By default TCP gives up after about
    // 15 minutes, and the browser's streams would count against the limits until then. Accepted sockets inherit the option.
    private static Socket CreateListenSocket(EndPoint endpoint)
    {
        const int IpprotoTcp = 6;
        const int TcpUserTimeoutOption = 18;
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (OperatingSystem.IsLinux() && endpoint is IPEndPoint)
        {
            socket.SetRawSocketOption(IpprotoTcp, TcpUserTimeoutOption, BitConverter.GetBytes((int)TcpUserTimeout.TotalMilliseconds));
        }

        return socket;
    }

    private static void Configure(
        KestrelServerOptions kestrel, IConfiguration configuration, IOptions<ListenOptions> options, BoundEndpoints bound, TlsHandshakes handshakes)
    {
        ListenOptions listen;
        try
        {
            listen = options.Value;
        }
        catch (OptionsValidationException)
        {
            // The validation at start reports it, together with the errors of all other options.
            return;
        }

        kestrel.AddServerHeader = false;
        SetLimits(kestrel.Limits);

        // In place of the loader that the host has added, which would bind an endpoint again when its certificate changes.
        var loader = kestrel.Configure(configuration.GetSection("Kestrel"), reloadOnChange: false);
        Listen(EndpointAddresses.Grpc, listen.GrpcPort, HttpProtocols.Http2, bound.AddGrpc);
        Listen(EndpointAddresses.Http, listen.HttpPort, HttpProtocols.Http1, bound.AddHttp);

        void Listen(string name, int port, HttpProtocols withoutTls, Action<KestrelListenOptions> add)
        {
            if (!EndpointAddresses.SectionOf(configuration, name).Exists())
            {
                kestrel.Listen(IPAddress.Parse(listen.Address), port, endpoint =>
                {
                    endpoint.Protocols = withoutTls;
                    AddConnectionCaller(endpoint);
                    add(endpoint);
                });
                return;
            }

            loader.Endpoint(name, endpoint =>
            {
                if (endpoint.ConfigSection["Protocols"] is null && (!endpoint.IsHttps || withoutTls == HttpProtocols.Http2))
                {
                    endpoint.ListenOptions.Protocols = withoutTls;
                }

                if (endpoint.IsHttps)
                {
                    handshakes.Configure(name, endpoint.HttpsOptions);
                }

                AddConnectionCaller(endpoint.ListenOptions);
                add(endpoint.ListenOptions);
            });
        }
    }

    private static void AddConnectionCaller(KestrelListenOptions endpoint) => endpoint.Use(next => connection =>
    {
        connection.Features.Set(new ConnectionCaller());
        return next(connection);
    });

    // Watch streams are long-lived and often quiet; pings detect that a client is gone.
    private static void SetLimits(KestrelServerLimits limits)
    {
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        // Most clients open one connection, and a call beyond the limit waits for ever: it must have room for thousands of watches.
        limits.Http2.MaxStreamsPerConnection = 10_000;

        // Kestrel closes the whole connection, with every call and watch on it, when the headers of one request exceed its limits. So it gets
        // large ones, and CallAuthorization refuses a call with too much metadata alone.
        limits.Http2.MaxRequestHeaderFieldSize = MaxHeaderSize;
        limits.MaxRequestHeadersTotalSize = MaxHeaderSize;
        limits.MaxRequestHeaderCount = MaxHeaderCount;

        // Clients send headers at once. Whoever trickles them, or opens connections and sends nothing, holds memory and a descriptor only for so long.
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.KeepAliveTimeout = IdleTimeout;

        // A request is small: a body that arrives more slowly is an attack or a dead network. Streams of gRPC that read from the client are exempt.
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

        // gRPC itself refuses a message that is too large, by its length prefix, with RESOURCE_EXHAUSTED.
        limits.MaxRequestBodySize = null;
    }
}
