using Microsoft.IdentityModel.JsonWebTokens;

namespace ConnectionStateService.Auth;

/// <summary>The form of merchant tokens.</summary>
internal static class MerchantTokenFormat
{
    /// <summary>The type: no token for another purpose has it, and an authority's token with it is not accepted.</summary>
    public const string Type = "connectionstate-merchant+jwt";

    /// <summary>The audience: this service.</summary>
    public const string Audience = "connectionstate";

    /// <summary>The merchant. Tokens of an authority may have it too, once or more.</summary>
    public const string MerchantClaim = "merchant_id";

    /// <summary>When the token was issued, in milliseconds since 1970: a revocation is more exact than the seconds of <c>iat</c>.</summary>
    public const string IssuedAtClaim = "issued_at_ms";

    public static bool Matches(JsonWebToken token) => string.Equals(token.Typ, Type, StringComparison.Ordinal);
}
