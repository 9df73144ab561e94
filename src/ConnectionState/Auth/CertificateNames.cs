using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace ConnectionStateService.Auth;

/// <summary>The subject alternative names of a certificate.</summary>
internal static class CertificateNames
{
    private const string SubjectAlternativeName = "2.5.29.17";

    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);

    /// <summary>The DNS names and URIs, in the order of the certificate. The common name is not one of them.</summary>
    public static IReadOnlyList<string> Find(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var extension in certificate.Extensions.Where(extension => extension.Oid?.Value == SubjectAlternativeName))
        {
            var all = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (all.HasData)
            {
                var tag = all.PeekTag();
                if (tag == DnsName || tag == Uri)
                {
                    names.Add(all.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                }
                else
                {
                    all.ReadEncodedValue();
                }
            }
        }

        return names;
    }
}
