using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ConnectionStateService.Auth;

/// <summary>Validates the JWTs of the configured authority.</summary>
/// <remarks>
/// ASP.NET's handler is called for tokens that are not cached, and not by its middleware for every call. Its log is off: failures are counted and
/// answered with a reason.
/// </remarks>
internal sealed class JwtValidator(IOptionsMonitor<JwtBearerOptions> handlerOptions, IOptions<JwtOptions> options, JwtAuthorityKeys keys)
{
    private static readonly string[] NameClaims = ["sub", "client_id", "azp"];

    private static readonly AuthenticationScheme Scheme = new(JwtBearerDefaults.AuthenticationScheme, null, typeof(JwtBearerHandler));

    public async ValueTask<AuthResult> ValidateAsync(JsonWebToken token, HttpContext context)
    {
        // The handler checks it too, and answers that the signature does not match.
        if (!options.Value.AllowedAlgorithms.Contains(token.Alg))
        {
            return AuthResult.Invalid(TokenProblem.Algorithm);
        }

        try
        {
            var result = await AuthenticateAsync(context);
            if (result.Failure is SecurityTokenSignatureKeyNotFoundException && keys.IsConfigured && await keys.TryRefreshAsync(context.RequestAborted))
            {
                result = await AuthenticateAsync(context);
            }

            return result.Succeeded ? ToCaller(token, result.Properties) : JwtReader.Explain(result.Failure);
        }
        catch (AuthorityUnavailableException)
        {
            return new AuthFault.AuthorityUnavailable();
        }
    }

    private async Task<AuthenticateResult> AuthenticateAsync(HttpContext context)
    {
        var handler = new JwtBearerHandler(handlerOptions, NullLoggerFactory.Instance, UrlEncoder.Default);
        await handler.InitializeAsync(Scheme, context);
        return await handler.AuthenticateAsync();
    }

    private AuthResult ToCaller(JsonWebToken token, AuthenticationProperties properties)
    {
        var name = NameClaims.Select(type => ClaimsOf(token, type).FirstOrDefault()).FirstOrDefault(value => value is not null);
        if (!Caller.IsName(name))
        {
            return AuthResult.Invalid(TokenProblem.Claims);
        }

        var scopes = ClaimsOf(token, "scope").Concat(ClaimsOf(token, "scp")).SelectMany(value => value.Split(' '))
            .Aggregate(Scopes.None, (all, scope) => all | ScopeNames.Parse(scope));

        // An empty list allows no merchant, and has no claims.
        var merchants = token.TryGetPayloadValue<object>(MerchantTokenFormat.MerchantClaim, out _) ? ClaimsOf(token, MerchantTokenFormat.MerchantClaim) : null;
        var key = properties.GetParameter<SecurityKey>(JwtBearerConfiguration.SigningKeyParameter);
        var credential = keys.IsConfigured && key is not null ? new AuthorityCredential(keys, JwtAuthorityKeys.IdOf(key)) : null;
        return new Caller(name, scopes, merchants, new DateTimeOffset(token.ValidTo, TimeSpan.Zero), credential);
    }

    private static IEnumerable<string> ClaimsOf(JsonWebToken token, string type) =>
        token.Claims.Where(claim => claim.Type == type).Select(claim => claim.Value);
}
