using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Store;

/// <summary>The embedded store keeps the contract.</summary>
public sealed class SqliteStoreTests : ConnectionStoreContract, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_lost_commit_does_not_enter_its_pages_into_the_index()
    {
        var read = (await Store.CommitAsync(StoreSamples.After(await Store.ReadAsync(M, default)), default)).Current;
        var listed = read.Record with { Connections = [StoreSamples.Connected(Page)] };

        Assert.False((await Store.CommitAsync(StoreSamples.After(read with { CommitId = 1 }, listed), default)).Won);

        Assert.Empty(await Store.FindMerchantsAsync(Page, default));
    }

    [Fact]
    public async Task Of_all_who_are_due_the_longest_due_are_found()
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
