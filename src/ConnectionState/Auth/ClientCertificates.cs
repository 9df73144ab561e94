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
    private const string SubjectAlternativeNames = "2.5.29.17";

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

    /// <summary>Returns the DNS names and URIs in the subject alternative names. The subject itself names nobody.</summary>
    public static IReadOnlyList<string> NamesOf(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var extension in certificate.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeNames))
        {
            ReadNames(extension.RawData, names);
        }

        return names;
    }

    private static void ReadNames(byte[] extension, List<string> names)
    {
        try
        {
            var all = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (all.HasData)
            {
                var tag = all.PeekTag();
                if (tag is { TagClass: TagClass.ContextSpecific, TagValue: 2 or 6 })
                {
                    names.Add(all.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                }
                else
                {
                    all.ReadEncodedValue();
                }
            }
        }
        catch (AsnContentException)
        {
            // A name that cannot be read names nobody.
        }
    }
}
