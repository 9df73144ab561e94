using System.Net;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting;

/// <summary>Where the two endpoints listen: at <c>Kestrel:Endpoints:NAME:Url</c>, or at the address and the port in <c>Listen</c>.</summary>
internal sealed class EndpointAddresses(IConfiguration configuration, IOptions<ListenOptions> listen)
{
    /// <summary>The endpoint for gRPC.</summary>
    public const string Grpc = "Grpc";

    /// <summary>The endpoint for gRPC-Web, the console and health checks.</summary>
    public const string Http = "Http";

    /// <summary>The endpoints that the configuration of Kestrel may name.</summary>
    public static IReadOnlyList<string> Names { get; } = [Grpc, Http];

    /// <summary>The address of the gRPC endpoint.</summary>
    public BindingAddress GrpcAddress => Find(Grpc, listen.Value.GrpcPort);

    /// <summary>The address of the HTTP endpoint.</summary>
    public BindingAddress HttpAddress => Find(Http, listen.Value.HttpPort);

    /// <summary>Whether no other machine can reach either endpoint.</summary>
    public bool AreLoopback => IsLoopback(GrpcAddress) && IsLoopback(HttpAddress);

    /// <summary>The section of Kestrel's configuration for an endpoint. It is empty if <c>Listen</c> says where the endpoint listens.</summary>
    public static IConfigurationSection SectionOf(IConfiguration configuration, string name) =>
        configuration.GetSection($"Kestrel:Endpoints:{name}");

    /// <summary>Whether only this machine can reach an address. Kestrel listens on all interfaces for a host name other than localhost.</summary>
    public static bool IsLoopback(BindingAddress address) =>
        address.IsUnixPipe || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));

    private BindingAddress Find(string name, int port) => SectionOf(configuration, name)["Url"] is { Length: > 0 } url
        ? BindingAddress.Parse(url)
        : BindingAddress.Parse($"http://{new IPEndPoint(IPAddress.Parse(listen.Value.Address), port)}");
}
