using ConnectionStateService.Store;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ConnectionStateService.Auth;

/// <summary>Issues merchant tokens, and revokes them.</summary>
internal sealed class MerchantTokenIssuer(
    SigningKeys keys,
    Revocations revocations,
    AuthorizedStreams streams,
    ITokenStore store,
    IStoreClock clock,
    IOptions<MerchantTokenOptions> options)
{
    // The processes' estimates of the store's time differ by less than this.
    private static readonly TimeSpan ClockMargin = TimeSpan.FromSeconds(1);

    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>Issues a token for a merchant, or returns null if the service issues none.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="actor">The actor of all requests with the token.</param>
    /// <param name="scopes">What it allows.</param>
    /// <param name="lifetime">How long it is valid.</param>
    /// <param name="cancellationToken">Stops waiting for the store's clock.</param>
    public async ValueTask<(string Token, DateTimeOffset ExpiresAt)?> IssueAsync(
        string merchantId, string actor, Scopes scopes, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        if (keys.Current is not { } set)
        {
            return null;
        }

        var now = await clock.GetTimeAsync(cancellationToken);
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds((now + lifetime).ToUnixTimeSeconds());

        // A revocation may cover a moment more than it must; a token that is issued after it is not meant.
        var issuedAt = Math.Max(now.ToUnixTimeMilliseconds(), revocations.UntilOf(merchantId) + 1);
        var token = Handler.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = MerchantTokenFormat.Type,
            SigningCredentials = set.CredentialsAt(now),
            Issuer = options.Value.Issuer,
            Audience = MerchantTokenFormat.Audience,
            IssuedAt = now.UtcDateTime,
            Expires = expiresAt.UtcDateTime,
            Claims = new Dictionary<string, object>
            {
                ["sub"] = actor,
                ["scope"] = ScopeNames.Join(scopes),
                [MerchantTokenFormat.MerchantClaim] = merchantId,
                [MerchantTokenFormat.IssuedAtClaim] = issuedAt,
            },
        });
        return (token, expiresAt);
    }

    /// <summary>Revokes all tokens of a merchant that were issued until now, in all processes.</summary>
    /// <returns>Until when issued tokens are revoked, or null if the service issues none.</returns>
    public async ValueTask<DateTimeOffset?> RevokeAsync(string merchantId, CancellationToken cancellationToken)
    {
        if (!keys.IsEnabled)
        {
            return null;
        }

        var now = await clock.GetTimeAsync(cancellationToken);
        var until = now + ClockMargin;
        await store.AddRevocationAsync(new Revocation(merchantId, until), forgetBefore: now - Revocations.Kept, cancellationToken);
        revocations.Add(merchantId, until.ToUnixTimeMilliseconds());
        streams.EndRevoked();

        // A later one is kept, after the store's clock went back.
        return DateTimeOffset.FromUnixTimeMilliseconds(revocations.UntilOf(merchantId));
    }
}
