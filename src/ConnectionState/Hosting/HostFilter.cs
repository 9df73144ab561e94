using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace ConnectionStateService.Hosting;

/// <summary>
/// Answers only to the service's own names. A page may give its own name the address of this machine; to the browser the service is then
/// that page's own, and no rule about other origins keeps it away.
/// </summary>
internal sealed class HostFilter(RequestDelegate next, IOptions<ListenOptions> listen)
{
    private readonly StringSegment[] allowed = [.. Allowed(listen.Value).Select(host => new StringSegment(AsSent(host)))];

    public Task InvokeAsync(HttpContext context)
    {
        // Browsers always say whom they call; probes of HTTP/1.0 do not.
        var host = AsSent(context.Request.Host.Host);
        if (host.Length == 0 || HostString.MatchesAny(host, allowed))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return context.Response.WriteAsync("This host name is not one of Listen:AllowedHosts.\n");
    }

    private static IEnumerable<string> Allowed(ListenOptions listen)
    {
        var address = IPAddress.Parse(listen.Address);
        return (listen.AllowedHosts.Count, IPAddress.IsLoopback(address)) switch
        {
            ( > 0, _) => listen.AllowedHosts,
            (_, true) => ["localhost", "*.localhost", "127.0.0.1", "[::1]", Text(address)],
            _ => ["*"],
        };
    }

    // In Punycode, whichever way it was written.
    private static string AsSent(string host) => new HostString(host).ToUriComponent();

    private static string Text(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : $"{address}";
}
