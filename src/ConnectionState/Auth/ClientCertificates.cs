using System.Formats.Asn1;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;

namespace ConnectionStateService.Auth;

/// <summary>
/// Names callers by the client certificate of their connection. Kestrel has validated it: its chain, its usage and that it is not expired. One that
/// expires later ends then.
/// </summary>
internal sealed class ClientCertificates(KeyRingSource keys)
{
    // A connection has one certificate, whatever the number of calls.
    private readonly ConditionalWeakTable<X509Certificate2, Caller> callers = [];

    /// <summary>Returns the caller that the connection's certificate names, or null.</summary>
    public Caller? Find(HttpContext context)
    {
        if (context.Connection.ClientCertificate is not { } certificate)
        {
            return null;
        }

        if (callers.TryGetValue(certificate, out var known) && !known.IsRevoked)
        {
            return known;
        }

        if (keys.Current.FindByCertificate(NamesOf(certificate)) is not { } entry)
        {
            return null;
        }

        var caller = entry.WithExpiry(new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero));
        callers.AddOrUpdate(certificate, caller);
        return caller;
    }

    // A certificate whose names cannot be read names nobody.
    private static IReadOnlyList<string> NamesOf(X509Certificate2 certificate)
    {
        try
        {
            return CertificateNames.Find(certificate);
        }
        catch (AsnContentException)
        {
            return [];
        }
    }
}
