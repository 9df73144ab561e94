using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting;

/// <summary>Where the service listens, and how long it is patient with whom.</summary>
internal static class KestrelEndpoints
{
    // For how long what was sent may stay unanswered.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    /// <summary>Listens for gRPC on one port and for HTTP/1.1 on the other.</summary>
    public static IServiceCollection AddKestrelEndpoints(this IServiceCollection services)
    {
        services.AddOptionsAt<ListenOptions>("Listen");
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ListenOptions>>(Listen);
        services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = NewListener);
        services.AddHostedService<ShutdownDrainDelay>();
        return services;
    }

    // HTTP/1.1 has no pings. A browser that went without a word is found out when what it is sent stays unanswered; TCP by itself would take a
    // quarter of an hour for that, and its streams would count all the while. Accepted sockets inherit it.
    private static Socket NewListener(EndPoint endpoint)
    {
        const int Tcp = 6;
        const int UserTimeout = 18;
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(Tcp, UserTimeout, BitConverter.GetBytes((int)LongestSilence.TotalMilliseconds));
        }

        return socket;
    }

    private static void Listen(KestrelServerOptions kestrel, IOptions<ListenOptions> options)
    {
        ListenOptions listen;
        try
        {
            listen = options.Value;
        }
        catch (OptionsValidationException)
        {
            // Told at start, together with what is wrong with the other options.
            return;
        }

        var address = IPAddress.Parse(listen.Address);
        kestrel.AddServerHeader = false;
        Limit(kestrel.Limits);
        kestrel.Listen(address, listen.GrpcPort, port => port.Protocols = HttpProtocols.Http2);
        kestrel.Listen(address, listen.HttpPort, port => port.Protocols = HttpProtocols.Http1);
    }

    // Streams live long and say little. The pings find out that a caller has gone without a word.
    private static void Limit(KestrelServerLimits limits)
    {
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        limits.Http2.MaxStreamsPerConnection = 100;
        limits.Http2.MaxRequestHeaderFieldSize = 8 * 1024;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;

        // gRPC refuses a message that is too large by the length that stands before it, reads no further, and says why.
        limits.MaxRequestBodySize = null;
    }
}
