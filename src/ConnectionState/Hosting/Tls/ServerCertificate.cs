using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ConnectionStateService.Hosting.Tls;

/// <summary>A certificate of an endpoint, with its key and the certificates between it and the authority.</summary>
internal sealed class ServerCertificate
{
    private ServerCertificate(X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        // Offline: it must not ask the authority during a handshake.
        Context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    public SslStreamCertificateContext Context { get; }

    /// <summary>
    /// The files of an endpoint's certificate by the keys of Kestrel: its own, or <c>Kestrel:Certificates:Default</c>. Null if the endpoint
    /// selects certificates by host name or from a certificate store; Kestrel then reads them once.
    /// </summary>
    public static CertificateFiles? FindFiles(IConfiguration configuration, string endpoint, string contentRoot)
    {
        var own = EndpointAddresses.SectionOf(configuration, endpoint);
        if (own.GetSection("Sni").GetChildren().Any())
        {
            return null;
        }

        var section = own.GetSection("Certificate") is { } certificate && certificate.GetChildren().Any()
            ? certificate
            : configuration.GetSection("Kestrel:Certificates:Default");
        return section["Path"] is { Length: > 0 } path
            ? new CertificateFiles(section.Path, Resolve(path), section["KeyPath"] is { Length: > 0 } key ? Resolve(key) : null, section["Password"])
            : null;

        string Resolve(string relative) => Path.Combine(contentRoot, relative);
    }

    /// <summary>Reads a certificate as Kestrel does: PEM files with <c>KeyPath</c>, a PKCS #12 file without.</summary>
    /// <exception cref="CryptographicException">A file has another format, the password is wrong, or the key belongs to another certificate.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ServerCertificate Read(CertificateFiles files)
    {
        if (files.KeyPath is null)
        {
            var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(files.Path, files.Password);
            var own = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
                ?? throw new CryptographicException($"{files.Path} has no private key.");
            all.Remove(own);
            return new(own, all);
        }

        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(files.Path);
        var leaf = string.IsNullOrEmpty(files.Password)
            ? X509Certificate2.CreateFromPemFile(files.Path, files.KeyPath)
            : X509Certificate2.CreateFromEncryptedPemFile(files.Path, files.Password, files.KeyPath);
        chain.RemoveAt(0);
        return new(leaf, chain);
    }

    public override string ToString()
    {
        var certificate = Context.TargetCertificate;
        return $"{certificate.Subject}, serial {certificate.SerialNumber}, expires {certificate.NotAfter.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ}";
    }
}

/// <summary>The files of a certificate.</summary>
/// <param name="Section">The section of the configuration that names them.</param>
/// <param name="Path">The certificate, and the certificates above it.</param>
/// <param name="KeyPath">The private key, or null if it is in the same file.</param>
/// <param name="Password">The password of the key, or null.</param>
internal sealed record CertificateFiles(string Section, string Path, string? KeyPath, string? Password)
{
    /// <summary>The paths.</summary>
    public IReadOnlyList<string> Paths => KeyPath is null ? [Path] : [Path, KeyPath];
}
