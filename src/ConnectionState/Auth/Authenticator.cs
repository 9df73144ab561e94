using Microsoft.Extensions.Options;

namespace ConnectionStateService.Auth;

/// <summary>Finds out who makes a request.</summary>
internal sealed class Authenticator(
    IOptions<AuthOptions> options,
    KeyRingSource keys,
    JwtValidator jwts,
    MerchantTokenValidator merchantTokens,
    ClientCertificates certificates,
    CallerCache cache,
    CredentialClock clock)
{
    private const string Scheme = "Bearer ";

    private readonly AuthMode mode = options.Value.Mode;
    private readonly TimeSpan clockSkew = options.Value.ClockSkew;

    /// <summary>Whether callers must prove who they are.</summary>
    public bool IsRequired => mode != AuthMode.None;

    /// <summary>Authenticates a request. A token that was seen before is answered without waiting, and without garbage.</summary>
    public ValueTask<AuthResult> AuthenticateAsync(HttpContext context)
    {
        if (!IsRequired)
        {
            return new(Caller.Everybody);
        }

        var header = context.Request.Headers.Authorization.ToString();
        if (header.Length == 0)
        {
            return new(mode.HasFlag(AuthMode.Certificates) && certificates.Find(context) is { } named ? Check(named) : new AuthFault.TokenMissing());
        }

        var connection = context.Features.Get<ConnectionCaller>();
        if (connection?.Find(header) is { IsRevoked: false } same)
        {
            return new(Check(same));
        }

        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return new(new AuthFault.TokenMissing());
        }

        var authentication = AuthenticateAsync(header.AsSpan(Scheme.Length).Trim(), context);
        return authentication.IsCompletedSuccessfully ? new(Keep(authentication.Result, header, connection)) : authentication;
    }

    private static AuthResult Keep(AuthResult result, string header, ConnectionCaller? connection)
    {
        if (result.Caller is { } caller)
        {
            connection?.Keep(header, caller);
        }

        return result;
    }

    private ValueTask<AuthResult> AuthenticateAsync(ReadOnlySpan<char> token, HttpContext context)
    {
        if (token.StartsWith(KeyRing.KeyPrefix, StringComparison.Ordinal))
        {
            return new(FindByKey(token));
        }

        if (!CallerCache.TryHash(token, out var hash))
        {
            return new(AuthResult.Invalid(TokenProblem.Malformed));
        }

        return cache.Find(hash) is { } caller ? new(Check(caller)) : ValidateAsync(token.ToString(), hash, context);
    }

    private AuthResult FindByKey(ReadOnlySpan<char> key) =>
        mode.HasFlag(AuthMode.Keys) && keys.Current.FindByKey(key) is { } caller ? Check(caller) : AuthResult.Invalid(TokenProblem.UnknownKey);

    private AuthResult Check(Caller caller) =>
        clock.TimeSinceExpiry(caller) >= clockSkew ? new AuthFault.TokenExpired()
        : caller.IsRevoked ? caller.WhyRevoked
        : caller;

    private async ValueTask<AuthResult> ValidateAsync(string token, TokenHash hash, HttpContext context)
    {
        var result = await ValidateAsync(token, context);
        if (result.Caller is not { } caller)
        {
            return result;
        }

        cache.Add(hash, caller);
        return Check(caller);
    }

    private async ValueTask<AuthResult> ValidateAsync(string token, HttpContext context)
    {
        if (JwtReader.Read(token) is not { } jwt)
        {
            return AuthResult.Invalid(TokenProblem.Malformed);
        }

        return MerchantTokenFormat.Matches(jwt) ? await merchantTokens.ValidateAsync(jwt, context.RequestAborted)
            : mode.HasFlag(AuthMode.Jwt) ? await jwts.ValidateAsync(jwt, context)
            : AuthResult.Invalid(TokenProblem.UnknownKey);
    }
}
