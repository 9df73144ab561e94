using ConnectionStateService.Core;
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

    [Fact]
    public async Task A_claim_is_found_by_each_of_many_callers()
    {
        var claim = new Claim(M, Page, StoreSamples.Time);
        await Store.CommitAsync(StoreSamples.After(await Store.ReadAsync(M, default), claim: claim), default);

        await Parallel.ForAsync(0, 2_000, async (_, token) =>
            Assert.Equal([claim], await Store.FindClaimsAsync(token).ToArrayAsync(token)));
    }

    [Fact]
    public async Task A_claim_that_is_stored_after_none_was_found_is_found()
    {
        for (var n = 0; n < 3; n++)
        {
            Assert.Empty(await Store.FindClaimsAsync(default).ToArrayAsync());
            var claim = new Claim(M, Page, StoreSamples.Time + TimeSpan.FromSeconds(n));
            await Store.CommitAsync(StoreSamples.After(await Store.ReadAsync(M, default), claim: claim), default);

            Assert.Equal([claim], await Store.FindClaimsAsync(default).ToArrayAsync());
            await Store.RemoveClaimAsync(claim, default);
        }
    }

    [Theory]
    [InlineData("DELETE FROM history")]
    [InlineData("UPDATE history SET entry = x'0301'")]
    [InlineData("UPDATE history SET revision = 2")]
    [InlineData("DELETE FROM candidates")]
    [InlineData("UPDATE candidates SET session = 'another'")]
    public async Task A_merchant_without_one_of_its_parts_is_unreadable(string damage)
    {
        await Store.CommitAsync(StoreSamples.After(await Store.ReadAsync(M, default), StoreSamples.FullRecord(M)), default);
        await CloseAsync(Store);
        using (var database = new RawDatabase(folder.File("contract.db")))
        {
            database.Execute(damage);
        }

        var reopened = await OpenAsync(new ManualClock(), keptCommits: 5);

        var unreadable = await Assert.ThrowsAsync<RecordUnreadableException>(async () => await reopened.ReadAsync(M, default));
        Assert.Equal(M, unreadable.MerchantId);
        await CloseAsync(reopened);
    }

    [Fact]
    public async Task A_session_that_ends_takes_its_candidates_with_it()
    {
        var open = StoreSamples.FullRecord(M).Sessions[0] with { Ended = null };
        var read = (await Store.CommitAsync(StoreSamples.After(
            await Store.ReadAsync(M, default), StoreSamples.FullRecord(M) with { Sessions = [open, open with { Id = "session-2" }] }), default)).Current;

        await Store.CommitAsync(StoreSamples.After(read, read.Record with { Sessions = [open with { Candidates = [] }, read.Record.Sessions[1]] }), default);

        using var database = new RawDatabase(folder.File("contract.db"));
        Assert.Equal("session-2", database.Read<string>("SELECT group_concat(session) FROM candidates WHERE merchant = $1", M));
    }

    private protected override async Task<IConnectionStore> OpenAsync(ManualClock clock, int keptCommits)
    {
        var options = new StoreOptions { Path = folder.File("contract.db"), KeptCommits = keptCommits, KeptFeedCommits = KeptInFeed };
        var store = new SqliteStore(Options.Create(options), clock);
        await store.OpenAsync(CancellationToken.None);
        return store;
    }

    private protected override async Task CloseAsync(IConnectionStore opened) => await ((SqliteStore)opened).DisposeAsync();
}
