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

    /// <summary>Whether a token has an expiry and is valid now; throws what <see cref="Explain"/> understands if not.</summary>
    /// <param name="notBefore">When it begins to be valid, or null.</param>
    /// <param name="expires">When it expires.</param>
    /// <param name="clockSkew">By how much clocks may differ.</param>
    /// <param name="age">Returns how long ago a time was.</param>
    public static bool ValidateLifetime(DateTime? notBefore, DateTime? expires, TimeSpan clockSkew, Func<DateTimeOffset, TimeSpan> age)
    {
        if (expires is not { } expiry)
        {
            throw new SecurityTokenNoExpirationException("The token has no expiry.");
        }

        if (notBefore is { } start && age(start) < -clockSkew)
        {
            throw new SecurityTokenNotYetValidException("The token is not valid yet.");
        }

        return age(expiry) < clockSkew ? true : throw new SecurityTokenExpiredException("The token has expired.");
    }
}
