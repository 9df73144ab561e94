using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting.Configuration;

/// <summary>Carries no values: validating it refuses unknown sections at start, together with the errors of all other options.</summary>
internal sealed class SectionNames;

/// <summary>
/// Refuses sections that have no effect, so that a misspelt one does not leave its options at their defaults. The command line and
/// appsettings.json may name the sections of this service and of ASP.NET only. The environment holds variables of other programs too, so
/// there only a name that is almost one of this service's sections is refused. PreferHostingUrls is refused everywhere.
/// </summary>
internal sealed class UnknownSections(IConfiguration configuration, IEnumerable<OptionsSection> sections) : IValidateOptions<SectionNames>
{
    // What ASP.NET, Kestrel and the host read.
    private static readonly string[] Framework =
    [
        "AllowedHosts", "ApplicationName", "CaptureStartupErrors", "ConnectionStrings", "ContentRoot", "DetailedErrors", "Environment",
        "ForwardedHeaders_Enabled", "HostingStartupAssemblies", "HostingStartupExcludeAssemblies", "Http_Ports", "Https_Ports", "Kestrel",
        "Logging", "Metrics", WebHostDefaults.PreferHostingUrlsKey, "PreventHostingStartup", "ShutdownTimeoutSeconds", "StartupAssembly",
        "SuppressStatusMessages", "Urls", "WebRoot",
    ];

    private readonly string[] own = [.. sections.Select(section => section.Name).Where(name => !name.Contains(':'))];

    public ValidateOptionsResult Validate(string? name, SectionNames options)
    {
        List<string> errors =
        [
            .. configuration is IConfigurationRoot root ? root.Providers.SelectMany(FindUnknown).Distinct() : [],
            .. FindPreferredUrls(),
        ];
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    // Kestrel would listen on Urls, whatever Listen and Kestrel:Endpoints say and without what is checked and configured for them.
    private IEnumerable<string> FindPreferredUrls() =>
        configuration[WebHostDefaults.PreferHostingUrlsKey] is { Length: > 0 } value
        && !value.Equals("false", StringComparison.OrdinalIgnoreCase) && value != "0"
            ? [$"PreferHostingUrls is {value}: the service would not listen where Listen and Kestrel:Endpoints say. Remove it, also from "
                + "ASPNETCORE_PREFERHOSTINGURLS, and choose addresses with Listen or Kestrel:Endpoints."]
            : [];

    private IEnumerable<string> FindUnknown(IConfigurationProvider provider)
    {
        var unknown = Keys(provider, null).Where(key => !IsKnown(key));
        return provider switch
        {
            ChainedConfigurationProvider { Configuration: IConfigurationRoot root } => root.Providers.SelectMany(FindUnknown),
            CommandLineConfigurationProvider => unknown.Select(key => Describe(provider, key, "the command line")),
            JsonConfigurationProvider { Source.Path: { } path } when Path.GetFileName(path).StartsWith("appsettings", StringComparison.Ordinal) =>
                unknown.Select(key => Describe(provider, key, path)),
            EnvironmentVariablesConfigurationProvider => unknown
                .Where(key => Keys(provider, key).Any() && Spelling.FindNearest(key, own) is not null)
                .Select(key => Describe(provider, key, "the environment")),
            _ => [],
        };
    }

    private bool IsKnown(string key) => own.Concat(Framework).Contains(key, StringComparer.OrdinalIgnoreCase);

    private string Describe(IConfigurationProvider provider, string key, string source)
    {
        var option = Keys(provider, key).FirstOrDefault() is { } child ? $"{key}:{child}" : key;
        var suggestion = Spelling.FindNearest(key, own) is { } nearest ? $"Did you mean {nearest}{option[key.Length..]}?"
            : $"The sections are {string.Join(", ", own)}.";
        return $"{option} in {source} is not an option. {suggestion} docs/options.md lists all options.";
    }

    private static IEnumerable<string> Keys(IConfigurationProvider provider, string? parent) =>
        provider.GetChildKeys([], parent).Distinct(StringComparer.OrdinalIgnoreCase);
}
