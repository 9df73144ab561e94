using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Client;

/// <summary>Validates <see cref="ConnectionStateClientOptions"/> and reports every error at once.</summary>
internal sealed class ConnectionStateClientOptionsValidator(string name) : IValidateOptions<ConnectionStateClientOptions>
{
    public ValidateOptionsResult Validate(string? optionsName, ConnectionStateClientOptions options)
    {
        if (optionsName != name)
        {
            return ValidateOptionsResult.Skip;
        }

        var errors = Errors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    /// <summary>Throws if an option is invalid.</summary>
    /// <exception cref="OptionsValidationException">Names every invalid option.</exception>
    public static void ThrowIfInvalid(ConnectionStateClientOptions options)
    {
        var errors = Errors(options).ToList();
        if (errors.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(ConnectionStateClientOptions), errors);
        }
    }

    private static IEnumerable<string> Errors(ConnectionStateClientOptions options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        foreach (var result in results)
        {
            yield return $"{nameof(ConnectionStateClientOptions)}: {result.ErrorMessage}";
        }

        if (options.Address is { } address && !IsHttp(address))
        {
            yield return $"{nameof(ConnectionStateClientOptions)}: The field Address must start with http:// or https://; it is '{address}'.";
        }

        if (options.Actor?.Any(char.IsControl) is true)
        {
            yield return $"{nameof(ConnectionStateClientOptions)}: The field Actor must not contain control characters.";
        }

        if (options.ApiKey is { } key && (key.Length == 0 || !AccessToken.IsValid(key)))
        {
            yield return $"{nameof(ConnectionStateClientOptions)}: The field ApiKey must be ASCII without spaces and line breaks, and not empty.";
        }

        if (options is { ApiKey: not null, TokenSource: not null })
        {
            yield return $"{nameof(ConnectionStateClientOptions)}: The fields ApiKey and TokenSource must not both be set.";
        }

        if (options is { AllowTokensWithoutTls: false, Address: { IsAbsoluteUri: true, IsLoopback: false } open }
            && open.Scheme == Uri.UriSchemeHttp && (options.ApiKey is not null || options.TokenSource is not null))
        {
            yield return $"{nameof(ConnectionStateClientOptions)}: The field {(options.ApiKey is null ? "TokenSource" : "ApiKey")} must not be used with "
                + $"the Address '{open}', because whoever reads the connection could use the token. Use https://, or set AllowTokensWithoutTls if "
                + "something else protects the connection.";
        }

        if (options.MaxBackoff < options.InitialBackoff)
        {
            yield return $"{nameof(ConnectionStateClientOptions)}: The field MaxBackoff ({options.MaxBackoff}) must not be less than "
                + $"InitialBackoff ({options.InitialBackoff}).";
        }
    }

    private static bool IsHttp(Uri address) =>
        address.IsAbsoluteUri && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps);
}
