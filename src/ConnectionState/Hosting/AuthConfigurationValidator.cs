using System.Security.Cryptography;
using ConnectionStateService.Auth;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting;

/// <summary>
/// Checks what the options alone cannot: that a service without authentication listens on loopback addresses only, that the mode has what it needs,
/// and that the files can be used.
/// </summary>
internal sealed class AuthConfigurationValidator(
    EndpointAddresses addresses, IOptions<JwtOptions> jwt, IOptions<MerchantTokenOptions> merchantTokens)
    : IValidateOptions<AuthOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        string[] errors =
        [
            .. options.Mode == AuthMode.None ? FindOpenAddresses() : [],
            .. options.Mode.HasFlag(AuthMode.Jwt) ? FindErrors(ValueOf(jwt)) : [],
            .. FindKeyErrors(options),
            .. FindErrors(ValueOf(merchantTokens)),
        ];
        return errors.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private IEnumerable<string> FindOpenAddresses() => Addresses().Where(address => !EndpointAddresses.IsLoopback(address)).Take(1).Select(address =>
        $"Auth:Mode is None, and the service listens on {address.Host}: everybody who reaches it could do everything. Set Auth:Mode=Keys with "
        + "Auth:KeysFile, or Auth:Mode=Jwt with Auth:Jwt:Authority and Auth:Jwt:Audiences:0, or listen on a loopback address "
        + "(Listen:Address=127.0.0.1). docs/authentication.md says how.");

    private IEnumerable<BindingAddress> Addresses()
    {
        try
        {
            return [addresses.GrpcAddress, addresses.HttpAddress];
        }
        catch (Exception e) when (e is OptionsValidationException or FormatException)
        {
            // An address that cannot be read is reported by the validation of the endpoints.
            return [];
        }
    }

    private static IEnumerable<string> FindErrors(JwtOptions? jwt)
    {
        if (jwt is null)
        {
            yield break;
        }

        if (jwt.Authority.Length == 0 && jwt.PublicKeyFile.Length == 0)
        {
            yield return "Auth:Mode has Jwt: set Auth:Jwt:Authority, or Auth:Jwt:PublicKeyFile and Auth:Jwt:Issuers:0.";
        }

        if (jwt.Audiences.Count == 0)
        {
            yield return "Auth:Mode has Jwt: set Auth:Jwt:Audiences:0 to the audience that the tokens for this service have.";
        }

        if (jwt.PublicKeyFile.Length > 0 && TryUse(jwt.PublicKeyFile, path => JwtBearerConfiguration.ReadKeys(File.ReadAllText(path))) is { } error)
        {
            yield return $"Auth:Jwt:PublicKeyFile is {jwt.PublicKeyFile}; it cannot be used: {error}";
        }
    }

    private static IEnumerable<string> FindKeyErrors(AuthOptions options)
    {
        if (options.KeysFile.Length == 0)
        {
            return [];
        }

        var errors = Enumerable.Empty<string>();
        var failure = TryUse(options.KeysFile, path => errors = KeyFile.Parse(File.ReadAllBytes(path), out _));
        return (failure is null ? errors : [failure]).Select(error => $"Auth:KeysFile is {options.KeysFile}; it cannot be used: {error}");
    }

    private static IEnumerable<string> FindErrors(MerchantTokenOptions? tokens)
    {
        if (tokens is not { SealingKeyFile.Length: > 0 })
        {
            return [];
        }

        string? error = null;
        var failure = TryUse(tokens.SealingKeyFile, path => error = SealingKeys.Parse(File.ReadAllText(path), out _));
        return (failure ?? error) is { } reason ? [$"Auth:MerchantTokens:SealingKeyFile is {tokens.SealingKeyFile}; it cannot be used: {reason}"] : [];
    }

    private static string? TryUse(string path, Action<string> use)
    {
        try
        {
            use(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or FormatException)
        {
            return e.Message;
        }
    }

    // The section's own errors are reported by its own validation.
    private static T? ValueOf<T>(IOptions<T> options) where T : class
    {
        try
        {
            return options.Value;
        }
        catch (OptionsValidationException)
        {
            return null;
        }
    }
}
