using System.ComponentModel.DataAnnotations;
using System.Net;
using ConnectionStateService.Hosting.Tls;

namespace ConnectionStateService.Hosting;

/// <summary>
/// Where the service listens without TLS. An endpoint in <c>Kestrel:Endpoints</c> (<c>Grpc</c>, <c>Http</c>) replaces the one configured here; see
/// docs/tls.md. Configuration section <c>Listen</c>.
/// </summary>
public sealed class ListenOptions : IValidatableObject
{
    /// <summary>The IP address to listen on, for both ports.</summary>
    /// <value>An IP address; <c>0.0.0.0</c> or <c>::</c> for all interfaces. The default is 127.0.0.1 (this machine only).</value>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The port for gRPC (HTTP/2 without TLS). Not used if <c>Kestrel:Endpoints:Grpc</c> is set.</summary>
    /// <value>0 to 65,535; 0 picks a free port. The default is 5081.</value>
    [Range(0, 65_535)]
    public int GrpcPort { get; set; } = 5081;

    /// <summary>The port for gRPC-Web, the console and health checks (HTTP/1.1). Not used if <c>Kestrel:Endpoints:Http</c> is set.</summary>
    /// <value>0 to 65,535; 0 picks a free port. The default is 5080.</value>
    [Range(0, 65_535)]
    public int HttpPort { get; set; } = 5080;

    /// <summary>The origins whose pages may call the service from a browser (CORS), in addition to its own.</summary>
    /// <value>
    /// Origins as browsers send them (<c>https://inbox.example</c>, <c>http://localhost:5173</c>), in
    /// <c>Listen:AllowedOrigins:0</c>, <c>:1</c> and so on. The default is none.
    /// </value>
    public IReadOnlyList<string> AllowedOrigins { get; set; } = [];

    /// <summary>
    /// The host names under which the HTTP port may be called; it answers 421 to others. This stops DNS rebinding: a foreign page that
    /// resolves its own name to this machine would otherwise count as a page of the service.
    /// </summary>
    /// <value>
    /// Host names without a port (<c>inbox.example</c>, <c>*.example</c>, <c>[::1]</c>), in <c>Listen:AllowedHosts:0</c>, <c>:1</c> and so on;
    /// <c>*</c> allows any. Setting it replaces the default: <c>localhost</c> and the loopback addresses if <c>Listen:Address</c> is a loopback
    /// address, otherwise any name.
    /// </value>
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    /// <summary>Which client certificates are accepted (mutual TLS).</summary>
    /// <value>See section <c>Listen:ClientCertificates</c>.</value>
    public ClientCertificateOptions ClientCertificates { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out _))
        {
            yield return new ValidationResult($"The field {nameof(Address)} must be an IP address.", [nameof(Address)]);
        }

        if (GrpcPort != 0 && GrpcPort == HttpPort)
        {
            yield return new ValidationResult(
                $"The fields {nameof(GrpcPort)} and {nameof(HttpPort)} must differ.", [nameof(GrpcPort), nameof(HttpPort)]);
        }

        if (!AllowedOrigins.All(BrowserOrigin.IsValid))
        {
            yield return new ValidationResult(BrowserOrigin.Describe(nameof(AllowedOrigins)), [nameof(AllowedOrigins)]);
        }

        if (!AllowedHosts.All(IsHost))
        {
            yield return new ValidationResult(
                $"The field {nameof(AllowedHosts)} must be host names without scheme and port, such as inbox.example.", [nameof(AllowedHosts)]);
        }
    }

    // "*" alone, or in place of the first labels: "*.example".
    private static bool IsHost(string text)
    {
        var name = text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text;
        return text == "*" || Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4
            || (name.StartsWith('[') && Uri.CheckHostName(name) == UriHostNameType.IPv6);
    }
}
