using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.SystemTests.Stores;

/// <summary>
/// The index of pages and accounts is written separately from the merchants: after a crash in between it may name too many merchants, never too few.
/// Every test looks for the page and for its account.
/// </summary>
public sealed class RedisMerchantIndexTests : IAsyncLifetime
{
    private const string M = "merchant-1";
    private static readonly PageRef Page = StoreSamples.Page;
    private static readonly AccountRef Account = StoreSamples.Connected(Page).Account;

    private RedisServer server = null!;
    private RedisConnection connection = null!;
    private RedisStore store = null!;

    private RedisMerchantIndex Index => new(connection);

    public async Task InitializeAsync()
    {
        server = await RedisServer.StartAsync();
        (connection, store) = await OpenAsync(server.NewStoreOptions());
    }

    public async Task DisposeAsync()
    {
        await connection.DisposeAsync();
        await store.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_crash_before_the_commit_that_lists_a_page_leaves_an_extra_entry()
    {
        await Index.AddAsync(await ListingAsync(Page), CancellationToken.None);

        Assert.Equal([M], await FindAsync());
        await CommitAsync(await ListingAsync(Page));
        Assert.Equal([M], await FindAsync());
    }

    [Fact]
    public async Task A_crash_after_the_commit_that_removes_a_page_leaves_an_extra_entry()
    {
        await CommitAsync(await ListingAsync(Page));
        var leaving = await ListingAsync();
        await CommitAsync(leaving);
        await Index.AddAsync(leaving with { Expected = leaving.Expected with { Record = leaving.Record }, Record = leaving.Expected.Record }, default);

        Assert.Equal([M], await FindAsync());
        await Index.RemoveAsync(leaving);
        Assert.Empty(await FindAsync());
    }

    [Fact]
    public async Task A_late_removal_keeps_the_entry_of_a_page_that_was_listed_again()
    {
        await CommitAsync(await ListingAsync(Page));
        var leaving = await ListingAsync();
        await CommitAsync(leaving);
        await CommitAsync(await ListingAsync(Page));

        await Index.RemoveAsync(leaving);

        Assert.Equal([M], await FindAsync());
    }

    [Fact]
    public async Task A_late_removal_keeps_the_entry_of_a_page_that_is_about_to_be_listed_again()
    {
        await CommitAsync(await ListingAsync(Page));
        var leaving = await ListingAsync();
        await CommitAsync(leaving);
        var again = await ListingAsync(Page);
        await Index.AddAsync(again, CancellationToken.None);

        await Index.RemoveAsync(leaving);

        Assert.Equal([M], await FindAsync());
    }

    [Fact]
    public async Task A_late_removal_keeps_the_hold_of_a_merchant_that_was_granted_the_page_again()
    {
        await CommitAsync(await ListingAsync(Page));
        await store.RegisterAsync(Page, new PageHold(M, 1), 0, CancellationToken.None);
        var leaving = await ListingAsync();
        await CommitAsync(leaving);
        await CommitAsync(await ListingAsync(Page));
        await store.RegisterAsync(Page, new PageHold(M, 2), 0, CancellationToken.None);

        await Index.RemoveAsync(leaving);

        Assert.Equal(new PageHold(M, 2), await store.ReadHoldAsync(Page, CancellationToken.None));
    }

    [Fact]
    public async Task A_commit_rejected_in_favor_of_one_that_lists_the_same_page_keeps_its_hold()
    {
        var rejected = await ListingAsync(Page);
        await CommitAsync(await ListingAsync(Page));
        await store.RegisterAsync(Page, new PageHold(M, 1), 0, CancellationToken.None);

        Assert.False((await store.CommitAsync(rejected, CancellationToken.None)).Succeeded);

        Assert.Equal(new PageHold(M, 1), await store.ReadHoldAsync(Page, CancellationToken.None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("xyz merchant")]
    public async Task A_value_that_is_not_a_hold_is_replaced_by_the_next_grant(string value)
    {
        await server.CommandAsync("HSET", (string)RedisKeys.Pages(Page)!, RedisKeys.PageRegister(Page), value);

        Assert.Null(await store.ReadHoldAsync(Page, CancellationToken.None));
        Assert.Equal(new PageHold(M, 1), await store.RegisterAsync(Page, new PageHold(M, 1), 0, CancellationToken.None));

        Assert.Equal(new PageHold(M, 1), await store.ReadHoldAsync(Page, CancellationToken.None));
    }

    [Fact]
    public async Task The_register_of_a_page_is_not_found_as_a_merchant()
    {
        await store.RegisterAsync(Page, new PageHold(M, 1), 0, CancellationToken.None);

        Assert.Empty(await FindAsync());
    }

    [Fact]
    public async Task A_rejected_commit_removes_the_entries_that_it_added()
    {
        await CommitAsync(await ListingAsync());
        var rejected = await ListingAsync(Page);
        await CommitAsync(await ListingAsync());
        await CommitAsync(await ListingAsync());

        Assert.False((await store.CommitAsync(rejected, CancellationToken.None)).Succeeded);

        Assert.Empty(await FindAsync());
    }

    [Fact]
    public async Task A_commit_rejected_in_favor_of_one_that_lists_the_same_page_keeps_the_entry()
    {
        var rejected = await ListingAsync(Page);
        await CommitAsync(await ListingAsync(Page));

        Assert.False((await store.CommitAsync(rejected, CancellationToken.None)).Succeeded);

        Assert.Equal([M], await FindAsync());
    }

    [Fact]
    public async Task A_claim_restores_a_lost_entry_of_its_page()
    {
        await CommitAsync(await ListingAsync(Page));
        await server.CommandAsync("DEL", (string)RedisKeys.Pages(Page)!);
        await server.CommandAsync("DEL", (string)RedisKeys.Accounts(Account)!);

        var claiming = await ListingAsync(Page);
        await CommitAsync(claiming with { Claim = new Claim(M, Page, StoreSamples.Time) });

        Assert.Equal([M], await FindAsync());
    }

    [Fact]
    public async Task An_account_stays_in_the_index_while_another_page_uses_it()
    {
        var other = Page with { PageId = "page-2" };
        await CommitAsync(await ListingAsync(Page, other));

        await CommitAsync(await ListingAsync(other));

        Assert.Empty(await store.FindMerchantsAsync(Page, CancellationToken.None));
        Assert.Equal(M, Assert.Single(await store.FindMerchantsAsync(Account, CancellationToken.None)));
    }

    [Fact]
    public async Task A_removed_merchant_is_named_by_no_key_and_no_entry_but_those_of_the_feed()
    {
        var erased = await CommitErasedAsync();

        // As if the process had crashed before it removed the entries of the commit.
        var listing = StoreSamples.After(erased, erased.Record with { Connections = [StoreSamples.Connected(Page)] });
        await Index.AddAsync(listing with { Record = listing.Record with { Revision = erased.Record.Revision } }, default);
        await store.RegisterAsync(Page, new PageHold(M, 1), 0, default);
        Assert.Equal([M], await FindAsync());

        Assert.True(await store.RemoveAsync(erased, default));

        Assert.Empty(await FindAsync());
        var keys = (await server.CommandAsync("KEYS", "*")).Items.Select(key => key.Text!).ToList();
        Assert.DoesNotContain(keys, key => key.Contains(M, StringComparison.Ordinal));
        Assert.DoesNotContain(keys, key => key.StartsWith("cs:pages:", StringComparison.Ordinal) || key.StartsWith("cs:accounts:", StringComparison.Ordinal));
        Assert.DoesNotContain(keys, key => key.EndsWith(":due", StringComparison.Ordinal) || key.EndsWith(":merchants", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_removal_that_fails_after_the_index_can_be_repeated()
    {
        var erased = await CommitErasedAsync();
        await Index.RemoveAsync(erased.Record, default);

        Assert.True(await store.RemoveAsync(erased, default));

        Assert.Equal(default, (await store.ReadAsync(M, CancellationToken.None)).Position);
    }

    [Fact]
    public async Task A_process_that_has_an_erased_merchant_cached_forgets_it()
    {
        var erased = await CommitErasedAsync();
        var (otherConnection, other) = await OpenAsync(server.NewStoreOptions());
        await using var connectionOfOther = otherConnection;
        await using var processOfOther = other;
        await other.ReadAsync(M, MerchantParts.All, default);
        Assert.Equal(erased.Position, other.TryGetCached(M)?.Position);

        await store.RemoveAsync(erased, default);

        await Eventually.TrueAsync(() => Task.FromResult(other.TryGetCached(M) is null));
        Assert.Equal(0, (await other.ReadAsync(M, CancellationToken.None)).Record.Revision);
    }

    private static async Task<(RedisConnection Connection, RedisStore Store)> OpenAsync(StoreOptions options)
    {
        var connection = new RedisConnection(RedisConfiguration.Build(options.Redis), NullLogger.Instance);
        await connection.OpenAsync();
        var store = new RedisStore(Options.Create(options), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);
        return (connection, store);
    }

    private async Task<CommitRequest> ListingAsync(params PageRef[] pages)
    {
        var read = await store.ReadAsync(M, CancellationToken.None);
        return StoreSamples.After(read, read.Record with { Connections = [.. pages.Select(StoreSamples.Connected)] });
    }

    private async Task<StoredMerchant> CommitErasedAsync()
    {
        await CommitAsync(await ListingAsync(Page));
        var read = await store.ReadAsync(M, CancellationToken.None);
        var left = read.Record.Connections.Select(c => c with { State = State.Disconnected, Cause = Cause.MerchantDisconnected });
        await CommitAsync(StoreSamples.After(read, read.Record with { Connections = [.. left], IsErased = true }));
        return await store.ReadAsync(M, CancellationToken.None);
    }

    private async Task CommitAsync(CommitRequest request) => Assert.True((await store.CommitAsync(request, CancellationToken.None)).Succeeded);

    private async Task<string[]> FindAsync()
    {
        string[] ofPage = [.. await store.FindMerchantsAsync(Page, CancellationToken.None)];
        Assert.Equal(ofPage, await store.FindMerchantsAsync(Account, CancellationToken.None));
        return ofPage;
    }
}
