namespace ConnectionStateService.Hosting.Tls;

/// <summary>
/// Which client certificates are accepted. Used by the endpoints whose <c>Kestrel:Endpoints:NAME:ClientCertificateMode</c> is
/// <c>AllowCertificate</c> or <c>RequireCertificate</c>. Configuration section <c>Listen:ClientCertificates</c>.
/// </summary>
public sealed class ClientCertificateOptions
{
    /// <summary>
    /// The certificates of the authorities that issue client certificates. No other authority is trusted for clients, also not those of the
    /// system. The file is read again when it changes.
    /// </summary>
    /// <value>The path of a PEM file, absolute or relative to the program. Required if an endpoint accepts client certificates.</value>
    public string? AuthorityPath { get; set; }

    /// <summary>The names that a client certificate may have as subject alternative name; one of them is enough.</summary>
    /// <value>
    /// DNS names (<c>inbox.internal</c>) or URIs (<c>spiffe://example/inbox</c>), without wildcards, in <c>Listen:ClientCertificates:Names:0</c>,
    /// <c>:1</c> and so on. The default is none: every name that the authority has certified is accepted.
    /// </value>
    public IReadOnlyList<string> Names { get; set; } = [];
}
