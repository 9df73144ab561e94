using System.Diagnostics.CodeAnalysis;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ConnectionStateService.Auth;

/// <summary>Reads JWTs and explains why one is not valid.</summary>
internal static class JwtReader
{
    /// <summary>Reads a token without validating it. Returns null if it is not a signed JWT.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The reader throws many types for malformed tokens.")]
    public static JsonWebToken? Read(string token)
    {
        try
        {
            var jwt = new JsonWebToken(token);
            return jwt.IsEncrypted ? null : jwt;
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>Returns what is wrong with a token whose validation failed.</summary>
    public static AuthFault Explain(Exception? failure) => failure switch
    {
        SecurityTokenExpiredException => new AuthFault.TokenExpired(),
        SecurityTokenNotYetValidException => new AuthFault.TokenInvalid(TokenProblem.NotYetValid),
        SecurityTokenNoExpirationException or SecurityTokenInvalidLifetimeException => new AuthFault.TokenInvalid(TokenProblem.Claims),
        SecurityTokenInvalidAudienceException => new AuthFault.TokenInvalid(TokenProblem.Audience),
        SecurityTokenInvalidIssuerException => new AuthFault.TokenInvalid(TokenProblem.Issuer),
        SecurityTokenInvalidTypeException => new AuthFault.TokenInvalid(TokenProblem.Type),
        SecurityTokenInvalidAlgorithmException => new AuthFault.TokenInvalid(TokenProblem.Algorithm),
        SecurityTokenSignatureKeyNotFoundException => new AuthFault.TokenInvalid(TokenProblem.UnknownKey),
        SecurityTokenInvalidSignatureException => new AuthFault.TokenInvalid(TokenProblem.Signature),
        _ => new AuthFault.TokenInvalid(TokenProblem.Malformed),
    };

    /// <summary>Whether a token has an expiry and is valid by a clock; throws what <see cref="Explain"/> understands if not.</summary>
    public static bool ValidateLifetime(DateTime? notBefore, DateTime? expires, TimeSpan clockSkew, TimeProvider clock)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        if (expires is not { } expiry)
        {
            throw new SecurityTokenNoExpirationException("The token has no expiry.");
        }

        if (notBefore is { } start && start > now + clockSkew)
        {
            throw new SecurityTokenNotYetValidException("The token is not valid yet.");
        }

        return now - clockSkew < expiry ? true : throw new SecurityTokenExpiredException("The token has expired.");
    }
}
