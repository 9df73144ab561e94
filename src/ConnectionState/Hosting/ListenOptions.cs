using System.ComponentModel.DataAnnotations;
using System.Net;

namespace ConnectionStateService.Hosting;

/// <summary>Where the service listens. Configuration section <c>Listen</c>.</summary>
public sealed class ListenOptions : IValidatableObject
{
    /// <summary>The address of both ports.</summary>
    /// <value>An IP address; <c>0.0.0.0</c> or <c>::</c> for all. The default is 127.0.0.1: this machine alone.</value>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The port for gRPC (HTTP/2 without TLS).</summary>
    /// <value>0 to 65,535; 0: any free one. The default is 5081.</value>
    [Range(0, 65_535)]
    public int GrpcPort { get; set; } = 5081;

    /// <summary>The port for browsers (gRPC-Web), people and probes (HTTP/1.1).</summary>
    /// <value>0 to 65,535; 0: any free one. The default is 5080.</value>
    [Range(0, 65_535)]
    public int HttpPort { get; set; } = 5080;

    /// <summary>Whose pages may call the service from a browser, beside its own.</summary>
    /// <value>
    /// Origins as browsers write them (<c>https://inbox.example</c>, <c>http://localhost:5173</c>), one for each of
    /// <c>Listen:AllowedOrigins:0</c>, <c>:1</c> and so on. The default is none.
    /// </value>
    public IReadOnlyList<string> AllowedOrigins { get; set; } = [];

    /// <summary>
    /// The names under which browsers and probes may call the HTTP port; to others it answers with 421. That keeps pages away that give
    /// their own name the address of this machine, and would then count as pages of the service.
    /// </summary>
    /// <value>
    /// Host names without a port (<c>inbox.example</c>, <c>*.example</c>, <c>[::1]</c>), one for each of <c>Listen:AllowedHosts:0</c>,
    /// <c>:1</c> and so on; <c>*</c> for any. The default, which they take the place of, is <c>localhost</c> and the loopback addresses while
    /// <c>Listen:Address</c> is one of them, and any name otherwise.
    /// </value>
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

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

        if (!AllowedOrigins.All(IsOrigin))
        {
            yield return new ValidationResult(
                $"The field {nameof(AllowedOrigins)} must be origins, such as https://inbox.example: scheme, host in lower case, and a port "
                + "if it is not the scheme's own; nothing after it.",
                [nameof(AllowedOrigins)]);
        }

        if (!AllowedHosts.All(IsHost))
        {
            yield return new ValidationResult(
                $"The field {nameof(AllowedHosts)} must be host names, such as inbox.example: without scheme and port.", [nameof(AllowedHosts)]);
        }
    }

    // A browser sends it in one way only, and it is compared as text.
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.UserInfo.Length == 0
        && text == uri.GetLeftPart(UriPartial.Authority);

    // A wildcard stands for everything, or for what precedes a dot.
    private static bool IsHost(string text)
    {
        var name = text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text;
        return text == "*" || Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4
            || (name.StartsWith('[') && Uri.CheckHostName(name) == UriHostNameType.IPv6);
    }
}
