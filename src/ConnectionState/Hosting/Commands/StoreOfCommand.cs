using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting.Commands;

/// <summary>Opens the store for a command that reads or changes it without serving calls.</summary>
internal static class StoreOfCommand
{
    /// <summary>Opens the store, and returns its description.</summary>
    /// <param name="services">The services.</param>
    /// <param name="mustExist">Whether an embedded store must have a file already.</param>
    /// <exception cref="StoreUnusableException">The store cannot be opened.</exception>
    public static async Task<string> OpenAsync(IServiceProvider services, bool mustExist)
    {
        services.GetRequiredService<IStartupValidator>().Validate();
        var options = services.GetRequiredService<IOptions<StoreOptions>>().Value;
        if (mustExist && options.Kind is StoreKind.Embedded && !File.Exists(options.Path))
        {
            throw new StoreUnusableException($"There is no database at {Path.GetFullPath(options.Path)}. Set its path with --Store:Path.");
        }

        var store = services.GetRequiredService<IStoreLifecycle>();
        await store.OpenAsync(CancellationToken.None);
        return store.Description;
    }
}
