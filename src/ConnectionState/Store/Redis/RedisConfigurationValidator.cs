using Microsoft.Extensions.Options;

namespace ConnectionStateService.Store.Redis;

/// <summary>Validates the connection string at start, so that it is reported together with the errors of all other options.</summary>
internal sealed class RedisConfigurationValidator : IValidateOptions<RedisOptions>
{
    public ValidateOptionsResult Validate(string? name, RedisOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Configuration))
        {
            // RequiredAttribute reports it.
            return ValidateOptionsResult.Skip;
        }

        try
        {
            RedisConfiguration.Build(options);
            return ValidateOptionsResult.Success;
        }
        catch (StoreUnusableException e)
        {
            return ValidateOptionsResult.Fail(e.Message);
        }
    }
}
