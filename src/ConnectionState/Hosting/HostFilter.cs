using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace ConnectionStateService.Hosting;

/// <summary>
/// Answers 421 to host names that are not the service's own. This stops DNS rebinding: a foreign page that resolves its own name to this
/// machine would otherwise count as a page of the service, and CORS would not apply to it.
/// </summary>
internal sealed class HostFilter(RequestDelegate next, IOptions<ListenOptions> listen, EndpointAddresses addresses, RefusalLog refusals)
{
    private readonly StringSegment[] allowed = [.. FindAllowed(listen.Value, addresses.HttpAddress).Select(host => new StringSegment(ToPunycode(host)))];

    public Task InvokeAsync(HttpContext context)
    {
        // Browsers always send a Host header; HTTP/1.0 probes do not.
        var host = ToPunycode(context.Request.Host.Host);
        if (host.Length == 0 || HostString.MatchesAny(host, allowed))
        {
            return next(context);
        }

        refusals.LogHost(host);
        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return context.Response.WriteAsync("This host name is not in Listen:AllowedHosts.\n");
    }

    private static IEnumerable<string> FindAllowed(ListenOptions listen, BindingAddress address) =>
        (listen.AllowedHosts.Count, EndpointAddresses.IsLoopback(address)) switch
        {
            ( > 0, _) => listen.AllowedHosts,
            (_, true) => ["localhost", "*.localhost", "127.0.0.1", "[::1]", address.Host],
            _ => ["*"],
        };

    private static string ToPunycode(string host) => new HostString(host).ToUriComponent();
}
