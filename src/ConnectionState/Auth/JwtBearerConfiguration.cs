using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace ConnectionStateService.Auth;

/// <summary>Configures ASP.NET's JWT handler from the options of the service.</summary>
internal sealed class JwtBearerConfiguration(IOptions<AuthOptions> auth, IOptions<JwtOptions> options, JwtAuthorityKeys keys, TimeProvider clock)
    : IConfigureNamedOptions<JwtBearerOptions>
{
    /// <summary>The parameter of the handler's result that has the key by which the signature was verified.</summary>
    public const string SigningKeyParameter = "signing key";

    public void Configure(JwtBearerOptions bearer) => Configure(JwtBearerDefaults.AuthenticationScheme, bearer);

    public void Configure(string? name, JwtBearerOptions bearer)
    {
        var jwt = options.Value;
        bearer.ConfigurationManager = keys.IsConfigured ? keys : null;
        bearer.Events = new JwtBearerEvents { OnTokenValidated = KeepSigningKey };
        bearer.MapInboundClaims = false;
        bearer.SaveToken = false;
        bearer.TimeProvider = clock;
        bearer.TokenValidationParameters = new TokenValidationParameters
        {
            ValidAudiences = jwt.Audiences,
            ValidIssuers = jwt.Issuers.Count > 0 ? jwt.Issuers : null,
            ValidAlgorithms = jwt.AllowedAlgorithms,
            ValidTypes = jwt.AllowedTypes,
            IssuerSigningKeys = jwt.PublicKeyFile.Length > 0 ? ReadKeys(File.ReadAllText(jwt.PublicKeyFile)) : null,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ClockSkew = auth.Value.ClockSkew,
            LifetimeValidator = (notBefore, expires, _, parameters) => JwtReader.ValidateLifetime(
                notBefore, expires, parameters.ClockSkew, time => clock.GetUtcNow() - time),
        };
    }

    /// <summary>Reads the public keys of a PEM file.</summary>
    /// <exception cref="CryptographicException">A block is not a public key or a certificate.</exception>
    public static IReadOnlyList<SecurityKey> ReadKeys(string pem)
    {
        var keys = new List<SecurityKey>();
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var block))
        {
            keys.Add(ReadKey(rest[block.Location], rest[block.Label]));
            rest = rest[block.Location.End..];
        }

        return keys.Count > 0 ? keys : throw new CryptographicException("It has no block PUBLIC KEY or CERTIFICATE.");
    }

    private static Task KeepSigningKey(TokenValidatedContext validated)
    {
        validated.Properties.SetParameter(SigningKeyParameter, validated.SecurityToken.SigningKey);
        return Task.CompletedTask;
    }

    private static SecurityKey ReadKey(ReadOnlySpan<char> block, ReadOnlySpan<char> label)
    {
        if (label is "CERTIFICATE")
        {
            return new X509SecurityKey(X509Certificate2.CreateFromPem(block));
        }

        if (label is not "PUBLIC KEY")
        {
            throw new CryptographicException($"A block {label} is not a public key. Put only blocks PUBLIC KEY or CERTIFICATE into the file.");
        }

        var key = PublicKey.CreateFromSubjectPublicKeyInfo(Convert.FromBase64String(new string(block[PemEncoding.Find(block).Base64Data])), out _);
        return key.GetRSAPublicKey() is { } rsa ? new RsaSecurityKey(rsa)
            : key.GetECDsaPublicKey() is { } ecdsa ? new ECDsaSecurityKey(ecdsa)
            : throw new CryptographicException("A public key is neither RSA nor ECDSA.");
    }
}
