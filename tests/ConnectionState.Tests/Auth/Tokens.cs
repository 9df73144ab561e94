using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ConnectionStateService.Tests.Auth;

/// <summary>An authority: signs tokens with an RSA key.</summary>
internal sealed class Tokens(Func<DateTimeOffset> now)
{
    public const string Issuer = "https://authority.example";
    public const string Audience = "connectionstate-api";

    // One for all tests: it takes long to make.
    private static readonly RSA Rsa = RSA.Create(2048);

    /// <summary>The public key, as a PEM file has it.</summary>
    public static string PublicKey => Rsa.ExportSubjectPublicKeyInfoPem();

    /// <summary>Makes a valid token, or one that differs in what is given.</summary>
    public string New(
        string scopes,
        string? issuer = Issuer,
        string? audience = Audience,
        TimeSpan? lifetime = null,
        TimeSpan? validFrom = null,
        string type = "at+jwt",
        object? merchant = null,
        SigningCredentials? signedBy = null,
        bool expires = true,
        string subject = "service-9")
    {
        var claims = new Dictionary<string, object> { ["sub"] = subject, ["scope"] = $"openid {scopes}" };
        if (merchant is not null)
        {
            claims["merchant_id"] = merchant;
        }

        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            NotBefore = validFrom is { } from ? (now() + from).UtcDateTime : null,
            Expires = expires ? (now() + (lifetime ?? TimeSpan.FromMinutes(5))).UtcDateTime : null,
            TokenType = type,
            Claims = claims,
            SigningCredentials = signedBy ?? Signing(SecurityAlgorithms.RsaSha256),
        });
    }

    /// <summary>Signs with the authority's key by another algorithm.</summary>
    public static SigningCredentials Signing(string algorithm) => new(new RsaSecurityKey(Rsa), algorithm);

    /// <summary>Signs with another key.</summary>
    public static SigningCredentials OtherKey() => new(new RsaSecurityKey(RSA.Create(2048)), SecurityAlgorithms.RsaSha256);

    /// <summary>Signs with the authority's public key as if it were a secret.</summary>
    public static SigningCredentials PublicKeyAsSecret() =>
        new(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(PublicKey)), SecurityAlgorithms.HmacSha256);

    /// <summary>A token with the claims of another and no signature.</summary>
    public static string Unsigned(string token)
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(new { alg = "none", typ = "at+jwt" });
        return $"{Base64Url.EncodeToString(header)}.{token.Split('.')[1]}.";
    }

    /// <summary>A token with one claim changed after it was signed.</summary>
    public static string Altered(string token)
    {
        var parts = token.Split('.');
        var claims = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])).Replace("service-9", "service-8", StringComparison.Ordinal);
        return $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.{parts[2]}";
    }
}
