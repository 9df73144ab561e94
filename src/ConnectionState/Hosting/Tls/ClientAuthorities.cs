using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ConnectionStateService.Hosting.Tls;

/// <summary>The authorities that issue client certificates.</summary>
internal sealed class ClientAuthorities
{
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private readonly X509Certificate2Collection certificates;

    private ClientAuthorities(X509Certificate2Collection certificates) => this.certificates = certificates;

    /// <summary>Reads them from a PEM file.</summary>
    /// <exception cref="CryptographicException">The file is not PEM, or has no certificate.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ClientAuthorities Read(string path)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(path);
        return certificates.Count > 0 ? new(certificates) : throw new CryptographicException($"{path} has no certificate.");
    }

    /// <summary>
    /// The rules for a client's chain: it ends in one of these authorities and nowhere else, is valid now, and is for client authentication.
    /// Revocation is not checked: the authorities of services rarely publish lists, and a handshake must not wait for one.
    /// </summary>
    public X509ChainPolicy NewChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.ApplicationPolicy.Add(ClientAuthentication);
        policy.CustomTrustStore.AddRange(certificates);
        return policy;
    }

    public override string ToString() => string.Join("; ", certificates.Select(certificate => certificate.Subject));
}
