using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting.Commands;

/// <summary>The command <c>backup PATH</c>: copies the embedded store, also while the service runs.</summary>
internal static class Backup
{
    /// <summary>Writes the copy and says what it holds.</summary>
    /// <exception cref="StoreUnusableException">There is nothing to copy, or the copy cannot be written.</exception>
    public static async Task RunAsync(IServiceProvider services, string target, TextWriter output)
    {
        var options = services.GetRequiredService<IOptions<StoreOptions>>().Value;
        if (options.Kind != StoreKind.Embedded)
        {
            throw new StoreUnusableException($"The store is {options.Kind}. Only the embedded store has a backup command; docs/redis.md says how to back up Redis.");
        }

        var merchants = SqliteBackup.Create(options.Path, target);
        await output.WriteLineAsync($"Copied {merchants} merchants to {Path.GetFullPath(target)}, {new FileInfo(target).Length} bytes.");
    }
}
