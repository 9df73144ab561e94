using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ConnectionStateService.Auth;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting.Tls;

/// <summary>
/// Chooses the certificate of each handshake and judges the client's. Kestrel can read changed certificates again, but stops listening until all
/// connections of the endpoint have ended or were aborted (decision 20); here a new certificate only affects new connections.
/// </summary>
internal sealed class TlsHandshakes(
    IConfiguration configuration,
    IHostEnvironment environment,
    IOptions<ClientCertificateOptions> options,
    TimeProvider time,
    RefusalLog refusals,
    ILogger<TlsHandshakes> logger)
{
    private readonly Lazy<ReloadedFiles<ClientAuthorities>?> authorities = new(() => FindAuthorityPath(options.Value, environment) is { } path
        ? new ReloadedFiles<ClientAuthorities>([path], () => ClientAuthorities.Read(path), time, logger)
        : null);

    /// <summary>The path of the client authorities, or null if none is configured.</summary>
    public static string? FindAuthorityPath(ClientCertificateOptions options, IHostEnvironment environment) =>
        string.IsNullOrEmpty(options.AuthorityPath) ? null : Path.Combine(environment.ContentRootPath, options.AuthorityPath);

    /// <summary>Sets the handshakes of an endpoint.</summary>
    public void Configure(string endpoint, HttpsConnectionAdapterOptions https)
    {
        var files = ServerCertificate.FindFiles(configuration, endpoint, environment.ContentRootPath);
        var certificate = files is null ? null
            : new ReloadedFiles<ServerCertificate>(files.Paths, () => ServerCertificate.Read(files), time, logger);
        https.ClientCertificateValidation = (client, _, errors) => Accepts(client, errors);
        https.OnAuthenticate = (_, handshake) =>
        {
            if (certificate is not null)
            {
                handshake.ServerCertificate = null;
                handshake.ServerCertificateContext = certificate.Value.Context;
            }

            if (handshake.ClientCertificateRequired)
            {
                handshake.CertificateChainPolicy = authorities.Value!.Value.NewChainPolicy();
            }
        };
    }

    // The chain was built with the policy of the handshake, so the errors are those of the chain, the usage and the time.
    private bool Accepts(X509Certificate2 client, SslPolicyErrors errors)
    {
        if (errors != SslPolicyErrors.None)
        {
            refusals.LogCertificate(client.Subject, $"it is expired, not for client authentication, or of another authority ({errors})");
            return false;
        }

        var allowed = options.Value.Names;
        if (allowed.Count > 0 && !CertificateNames.Find(client).Intersect(allowed, StringComparer.OrdinalIgnoreCase).Any())
        {
            refusals.LogCertificate(client.Subject, "none of its names is in Listen:ClientCertificates:Names");
            return false;
        }

        return true;
    }
}
