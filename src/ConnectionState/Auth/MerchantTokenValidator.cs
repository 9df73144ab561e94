using ConnectionStateService.Store;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ConnectionStateService.Auth;

/// <summary>Validates merchant tokens.</summary>
internal sealed class MerchantTokenValidator(
    SigningKeys keys, Revocations revocations, IOptions<AuthOptions> auth, IOptions<MerchantTokenOptions> options, IStoreClock clock)
{
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false };

    public async ValueTask<AuthResult> ValidateAsync(JsonWebToken token, CancellationToken cancellationToken)
    {
        if (token.Alg != SecurityAlgorithms.EcdsaSha256)
        {
            return AuthResult.Invalid(TokenProblem.Algorithm);
        }

        if (await keys.FindAsync(token.Kid, cancellationToken) is not { } key)
        {
            return keys.IsUnreadable ? new AuthFault.MerchantTokensDisabled() : AuthResult.Invalid(TokenProblem.UnknownKey);
        }

        var result = await Handler.ValidateTokenAsync(token, Parameters(key));
        return result.IsValid ? ToCaller(token) : JwtReader.Explain(result.Exception);
    }

    private TokenValidationParameters Parameters(SecurityKey key) => new()
    {
        ValidIssuer = options.Value.Issuer,
        ValidAudience = MerchantTokenFormat.Audience,
        ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
        ValidTypes = [MerchantTokenFormat.Type],
        IssuerSigningKey = key,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        LifetimeValidator = (notBefore, expires, _, _) => JwtReader.ValidateLifetime(notBefore, expires, auth.Value.ClockSkew, clock.EstimateAge),
    };

    private AuthResult ToCaller(JsonWebToken token)
    {
        if (!token.TryGetPayloadValue(MerchantTokenFormat.MerchantClaim, out string merchantId)
            || !token.TryGetPayloadValue(MerchantTokenFormat.IssuedAtClaim, out long issuedAt)
            || !token.TryGetPayloadValue("scope", out string scope)
            || !Caller.IsName(token.Subject))
        {
            return AuthResult.Invalid(TokenProblem.Claims);
        }

        var scopes = scope.Split(' ').Aggregate(Scopes.None, (all, name) => all | ScopeNames.Parse(name));
        return new Caller(
            token.Subject,
            scopes,
            [merchantId],
            new DateTimeOffset(token.ValidTo, TimeSpan.Zero),
            new MerchantTokenCredential(revocations, merchantId, issuedAt));
    }
}
