using System.Text.RegularExpressions;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting.Commands;

/// <summary>The command <c>--check-config</c>: finds every error that would keep the service from starting, and asks the store whether it answers.</summary>
internal static partial class CheckConfig
{
    // A store that does not answer is reported soon; at start the service waits longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Shortens how long the command waits for the store.</summary>
    public static void Configure(IServiceCollection services) =>
        services.PostConfigure<StoreOptions>(store => store.Redis.StartTimeout = Patience);

    /// <summary>Checks everything, and writes one line for each error, or what the service would serve.</summary>
    /// <returns>Whether the service could start.</returns>
    public static async Task<bool> RunAsync(IServiceProvider services, TextWriter output, TextWriter errors)
    {
        var found = FindErrors(services);
        string? store = null;
        if (IsValid(services))
        {
            try
            {
                store = await DescribeStoreAsync(services);
            }
            catch (Exception e) when (e is StoreUnusableException or StoreUnavailableException or OperationCanceledException)
            {
                found.Add($"The store does not answer: {e.Message}");
            }
        }

        foreach (var error in found)
        {
            await errors.WriteLineAsync($"ConnectionState: {AddVariable(error)}");
        }

        if (store is not null)
        {
            await output.WriteLineAsync($"store: {store}");
        }

        if (found.Count == 0)
        {
            await output.WriteLineAsync("The configuration is valid.");
        }

        return found.Count == 0;
    }

    /// <summary>Adds the environment variable that sets the option that an error names.</summary>
    public static string AddVariable(string error) => OptionName().Match(error) is { Success: true } option
        ? $"{error} (environment variable {option.Value.Replace(":", "__", StringComparison.Ordinal)})"
        : error;

    private static List<string> FindErrors(IServiceProvider services)
    {
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
            return [];
        }
        catch (Exception e) when (StartupErrors.Describe(e) is { } errors)
        {
            return [.. errors];
        }
    }

    // Errors of other sections do not keep the store from being asked.
    private static bool IsValid(IServiceProvider services)
    {
        try
        {
            _ = services.GetRequiredService<IOptions<StoreOptions>>().Value;
            _ = services.GetRequiredService<IOptions<RedisOptions>>().Value;
            return true;
        }
        catch (OptionsValidationException)
        {
            return false;
        }
    }

    private static async Task<string> DescribeStoreAsync(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<StoreOptions>>().Value;
        if (options.Kind == StoreKind.Embedded)
        {
            return SqliteInspection.Describe(options.Path);
        }

        // Writes what a readiness check writes, and takes part in nothing.
        var store = services.GetRequiredService<IStoreLifecycle>();
        await store.OpenAsync(CancellationToken.None);
        using var timeout = new CancellationTokenSource(Patience);
        await store.CheckAsync(timeout.Token);
        return store.Description;
    }

    // The sections of this service and Kestrel's, then the names in it.
    [GeneratedRegex(@"\b[A-Z][A-Za-z]+(?::\w+)+")]
    private static partial Regex OptionName();
}
