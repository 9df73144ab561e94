using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace ConnectionStateService.Auth;

/// <summary>Validates the JWTs of the configured authority.</summary>
/// <remarks>
/// ASP.NET's handler is called for tokens that are not cached, and not by its middleware for every call. Its log is off: failures are counted and
/// answered with a reason.
/// </remarks>
internal sealed class JwtValidator(IOptionsMonitor<JwtBearerOptions> handlerOptions, IOptions<JwtOptions> options)
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

        if (!await HasKeysAsync(context.RequestAborted))
        {
            return new AuthFault.AuthorityUnavailable();
        }

        var handler = new JwtBearerHandler(handlerOptions, NullLoggerFactory.Instance, UrlEncoder.Default);
        await handler.InitializeAsync(Scheme, context);
        var result = await handler.AuthenticateAsync();
        return result.Succeeded ? ToCaller(token) : JwtReader.Explain(result.Failure);
    }

    // Without the keys of the authority, the handler would answer that the key of the token is not known. Keys that are known are there at once.
    private async ValueTask<bool> HasKeysAsync(CancellationToken cancellationToken)
    {
        if (handlerOptions.Get(Scheme.Name).ConfigurationManager is not { } keys)
        {
            return true;
        }

        try
        {
            await keys.GetConfigurationAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or HttpRequestException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private static AuthResult ToCaller(JsonWebToken token)
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
        return new Caller(name, scopes, merchants, new DateTimeOffset(token.ValidTo, TimeSpan.Zero));
    }

    private static IEnumerable<string> ClaimsOf(JsonWebToken token, string type) =>
        token.Claims.Where(claim => claim.Type == type).Select(claim => claim.Value);
}
