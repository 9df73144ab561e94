using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Records;
using Google.Protobuf;
using Microsoft.IdentityModel.Tokens;

namespace ConnectionStateService.Auth;

/// <summary>The keys that merchant tokens are signed with (ES256), oldest first. Immutable.</summary>
internal sealed class SigningKeySet
{
    /// <summary>How long a key is published before it signs, so that everybody who verifies has it by then.</summary>
    public static readonly TimeSpan PublishedBefore = TimeSpan.FromMinutes(10);

    private readonly ImmutableArray<Key> keys;
    private readonly FrozenDictionary<string, ECDsaSecurityKey> byId;

    private SigningKeySet(ImmutableArray<Key> keys)
    {
        this.keys = keys;
        byId = keys.ToFrozenDictionary(key => key.Public.KeyId, key => key.Public, StringComparer.Ordinal);
    }

    /// <summary>No keys.</summary>
    public static SigningKeySet Empty { get; } = new([]);

    /// <summary>The public keys, as a JSON Web Key Set has them.</summary>
    public IEnumerable<object> PublicKeys => keys.Select(key => (object)new
    {
        kty = "EC",
        use = "sig",
        alg = SecurityAlgorithms.EcdsaSha256,
        kid = key.Public.KeyId,
        crv = "P-256",
        x = Base64UrlEncoder.Encode(key.Point.X),
        y = Base64UrlEncoder.Encode(key.Point.Y),
    });

    public static SigningKeySet Decode(byte[] bytes) => new(
    [
        .. StoredSigningKeys.Parser.ParseFrom(bytes).Keys.Select(stored => Key.Import(StoreTime.ToTime(stored.CreatedAt), stored.PrivateKey.ToByteArray())),
    ]);

    public byte[] Encode() => new StoredSigningKeys
    {
        Keys =
        {
            keys.Select(key => new StoredSigningKey
            {
                CreatedAt = key.CreatedAt.ToUnixTimeMilliseconds(), PrivateKey = ByteString.CopyFrom(key.PrivateKey),
            }),
        },
    }.ToByteArray();

    /// <summary>Returns the public key with an id, or null.</summary>
    public SecurityKey? Find(string id) => byId.GetValueOrDefault(id);

    /// <summary>Returns what signs at a time: the newest key that has been published for long enough.</summary>
    public SigningCredentials CredentialsAt(DateTimeOffset now)
    {
        var current = keys.LastOrDefault(key => key.CreatedAt + PublishedBefore <= now) ?? keys[0];
        return new SigningCredentials(current.Private, SecurityAlgorithms.EcdsaSha256);
    }

    /// <summary>
    /// Returns the set as it should be at a time: with a next key before the newest one is due to be replaced, and without those whose last tokens have
    /// expired. The same set if nothing is to be done.
    /// </summary>
    public SigningKeySet RotateAt(DateTimeOffset now, TimeSpan rotation)
    {
        var kept = keys.Where((_, i) => i + 1 == keys.Length || keys[i + 1].CreatedAt + PublishedBefore + Revocations.Kept > now).ToImmutableArray();
        if (kept.IsEmpty || kept[^1].CreatedAt + rotation - PublishedBefore <= now)
        {
            return new([.. kept, Key.Create(now)]);
        }

        return kept.Length == keys.Length ? this : new(kept);
    }

    private sealed record Key(DateTimeOffset CreatedAt, byte[] PrivateKey, ECDsaSecurityKey Private, ECDsaSecurityKey Public, ECPoint Point)
    {
        public static Key Create(DateTimeOffset now)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return Import(now, key.ExportPkcs8PrivateKey());
        }

        public static Key Import(DateTimeOffset createdAt, byte[] privateKey)
        {
            var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(privateKey, out _);
            var parameters = key.ExportParameters(includePrivateParameters: false);
            var verifier = new ECDsaSecurityKey(ECDsa.Create(parameters));
            var id = Base64UrlEncoder.Encode(verifier.ComputeJwkThumbprint());
            verifier.KeyId = id;
            return new(createdAt, privateKey, new ECDsaSecurityKey(key) { KeyId = id }, verifier, parameters.Q);
        }
    }
}
