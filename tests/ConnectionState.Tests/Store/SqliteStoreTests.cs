using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Store;

/// <summary>The embedded store passes the tests of every store.</summary>
public sealed class SqliteStoreTests : ConnectionStoreContract, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_failed_commit_does_not_add_its_pages_to_the_index()
    {
        var read = (await Store.CommitAsync(StoreSamples.After(await Store.ReadAsync(M, default)), default)).Current;
        var listed = read.Record with { Connections = [StoreSamples.Connected(Page)] };

        Assert.False((await Store.CommitAsync(StoreSamples.After(read with { CommitId = 1 }, listed), default)).Succeeded);

        Assert.Empty(await Store.FindMerchantsAsync(Page, default));
    }

    [Fact]
    public async Task FindDue_returns_the_most_overdue_of_all_due_merchants()
    {
        foreach (var hour in (int[])[2, 48, 1])
        {
            var read = await Store.ReadAsync($"merchant-{hour}", default);
            await Store.CommitAsync(StoreSamples.After(read, deadline: StoreSamples.Time - TimeSpan.FromHours(hour)), default);
        }

        Assert.Equal(["merchant-48", "merchant-2"], (await Store.FindDueAsync(2, default)).Select(due => due.MerchantId));
    }

    private protected override async Task<IConnectionStore> OpenAsync(ManualClock clock, int keptCommits)
    {
        var options = new StoreOptions { Path = folder.File("contract.db"), KeptCommits = keptCommits };
        var store = new SqliteStore(Options.Create(options), clock);
        await store.OpenAsync(CancellationToken.None);
        return store;
    }

    private protected override async Task CloseAsync(IConnectionStore opened) => await ((SqliteStore)opened).DisposeAsync();
}
