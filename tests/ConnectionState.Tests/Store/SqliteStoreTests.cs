using ConnectionState.Store;
using ConnectionState.Store.Sqlite;
using ConnectionState.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionState.Tests.Store;

/// <summary>The embedded store keeps the contract.</summary>
public sealed class SqliteStoreTests : ConnectionStoreContract, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private protected override async Task<IConnectionStore> OpenAsync(TimeProvider time, int keptCommits)
    {
        var options = new StoreOptions { Path = folder.File("contract.db"), KeptCommits = keptCommits };
        var store = new SqliteStore(Options.Create(options), time);
        await store.OpenAsync(CancellationToken.None);
        return store;
    }

    private protected override async Task CloseAsync(IConnectionStore opened) => await ((SqliteStore)opened).DisposeAsync();
}
