using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace ConnectionStateService.Auth;

/// <summary>The callers of a key file. Immutable.</summary>
internal sealed class KeyRing
{
    /// <summary>Every key begins with it.</summary>
    public const string KeyPrefix = "cs_";

    /// <summary>The length of a key's secret: 32 bytes in base64url.</summary>
    public const int SecretLength = 43;

    /// <summary>No callers.</summary>
    public static readonly KeyRing Empty = new(new KeyFile([], []), null);

    // Compared with if the id is not known, so that the answer takes as long.
    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    private readonly FrozenDictionary<string, HashedKey> keys;
    private readonly FrozenDictionary<string, Holder> certificates;

    /// <param name="file">The file.</param>
    /// <param name="previous">The callers before: entries that did not change keep their caller.</param>
    public KeyRing(KeyFile file, KeyRing? previous)
    {
        keys = file.Keys.ToFrozenDictionary(
            key => key.Id,
            key => new HashedKey(Convert.FromHexString(key.Sha256), Keep(previous?.keys.GetValueOrDefault(key.Id)?.Holder, key) ?? new Holder(key, key.Id)),
            StringComparer.Ordinal);
        certificates = file.Certificates.ToFrozenDictionary(
            certificate => certificate.Name,
            certificate => Keep(previous?.certificates.GetValueOrDefault(certificate.Name), certificate) ?? new Holder(certificate, certificate.Name),
            StringComparer.Ordinal);
    }

    public int Count => keys.Count + certificates.Count;

    /// <summary>Returns the holder of a key, or null if the key is not known.</summary>
    /// <param name="key">The key: <c>cs_id_secret</c>.</param>
    public Caller? FindByKey(ReadOnlySpan<char> key)
    {
        var rest = key[KeyPrefix.Length..];
        var separator = rest.IndexOf('_');
        if (separator < 0 || rest.Length - separator - 1 != SecretLength)
        {
            return null;
        }

        Span<byte> secret = stackalloc byte[SecretLength];
        if (Ascii.FromUtf16(rest[(separator + 1)..], secret, out _) != System.Buffers.OperationStatus.Done)
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(secret, hash);
        var isKnown = keys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(rest[..separator], out var found);
        return CryptographicOperations.FixedTimeEquals(hash, found?.Hash ?? NoHash) && isKnown ? found!.Holder.Caller : null;
    }

    /// <summary>Returns the holder of a certificate by one of its names, or null if none is known.</summary>
    public Caller? FindByCertificate(IEnumerable<string> names) => names
        .Select(name => certificates.GetValueOrDefault(name)?.Caller).FirstOrDefault(caller => caller is not null);

    /// <summary>Revokes the callers that another ring does not have.</summary>
    public void RevokeMissing(KeyRing next)
    {
        var kept = next.Holders.ToHashSet();
        foreach (var removed in Holders.Where(holder => !kept.Contains(holder)))
        {
            removed.Credential.Remove();
        }
    }

    private IEnumerable<Holder> Holders => [.. keys.Values.Select(key => key.Holder), .. certificates.Values];

    private static Holder? Keep(Holder? known, KeyFile.Entry entry) => known is not null && IsSame(known.Entry, entry) ? known : null;

    // A record with a collection has no value equality.
    private static bool IsSame(KeyFile.Entry a, KeyFile.Entry b) =>
        a with { Scopes = [], Merchants = null } == b with { Scopes = [], Merchants = null }
        && a.Scopes.SequenceEqual(b.Scopes)
        && (a.Merchants ?? []).SequenceEqual(b.Merchants ?? []) && a.Merchants.HasValue == b.Merchants.HasValue;

    private sealed record HashedKey(byte[] Hash, Holder Holder);

    private sealed class Holder
    {
        public Holder(KeyFile.Entry entry, string name)
        {
            Entry = entry;
            Caller = new Caller(entry.Caller ?? name, KeyFile.ScopesOf(entry), entry.Merchants, expiresAt: null, Credential);
        }

        public KeyFile.Entry Entry { get; }

        public FileCredential Credential { get; } = new();

        public Caller Caller { get; }
    }
}
