using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>The register of pages, and claims by merchant and page.</summary>
public abstract partial class ConnectionStoreContract
{
    [Fact]
    public async Task A_page_that_was_never_registered_has_no_hold()
    {
        Assert.Null(await HoldAsync(Page));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData((1UL << 53) + 1)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public async Task A_hold_id_can_be_any_64_bit_number(ulong id)
    {
        var hold = new PageHold("a merchant: \"m/1\"", id);

        Assert.Equal(hold, await RegisterAsync(Page, hold, 0));

        Assert.Equal(hold, await HoldAsync(Page));
        Assert.Equal(new PageHold(M, 7), await RegisterAsync(Page, new PageHold(M, 7), id));
    }

    [Fact]
    public async Task Register_replaces_the_expected_hold()
    {
        await RegisterAsync(Page, new PageHold("merchant-1", 1), 0);

        Assert.Equal(new PageHold("merchant-2", 2), await RegisterAsync(Page, new PageHold("merchant-2", 2), 1));

        Assert.Equal(new PageHold("merchant-2", 2), await HoldAsync(Page));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(2UL)]
    [InlineData(3UL)]
    public async Task Register_keeps_and_returns_a_hold_that_is_not_the_expected_one(ulong expected)
    {
        await RegisterAsync(Page, new PageHold("merchant-1", 1), 0);

        Assert.Equal(new PageHold("merchant-1", 1), await RegisterAsync(Page, new PageHold("merchant-2", 2), expected));

        Assert.Equal(new PageHold("merchant-1", 1), await HoldAsync(Page));
    }

    [Fact]
    public async Task Register_returns_null_if_a_hold_is_expected_and_none_is_registered()
    {
        Assert.Null(await RegisterAsync(Page, new PageHold(M, 2), 1));

        Assert.Null(await HoldAsync(Page));
    }

    [Fact]
    public async Task Each_page_has_its_own_register()
    {
        await RegisterAsync(Page, new PageHold("merchant-1", 1), 0);

        Assert.Null(await HoldAsync(OtherPage));
        await RegisterAsync(OtherPage, new PageHold("merchant-2", 2), 0);
        Assert.Equal(new PageHold("merchant-1", 1), await HoldAsync(Page));
    }

    [Fact]
    public async Task Of_32_concurrent_registrations_on_one_hold_one_succeeds_and_the_others_return_it()
    {
        await RegisterAsync(Page, new PageHold(M, 100), 0);
        var holds = Enumerable.Range(1, 32).Select(n => new PageHold($"merchant-{n}", (ulong)n)).ToArray();

        var registered = await Task.WhenAll(holds.Select(hold => Task.Run(() => RegisterAsync(Page, hold, 100))));

        var winner = Assert.Single(registered.Distinct());
        Assert.Contains(winner!.Value, holds);
        Assert.Equal(winner, await HoldAsync(Page));
    }

    [Fact]
    public async Task A_registered_hold_survives_closing_and_reopening_the_store()
    {
        await RegisterAsync(Page, new PageHold(M, ulong.MaxValue), 0);

        await CloseAsync(store);
        store = await OpenAsync(clock, Kept);

        Assert.Equal(new PageHold(M, ulong.MaxValue), await HoldAsync(Page));
    }

    [Fact]
    public async Task A_commit_that_no_longer_lists_a_page_removes_the_merchants_hold()
    {
        await CommitListingAsync(M, Page);
        await RegisterAsync(Page, new PageHold(M, 1), 0);
        Assert.Equal(new PageHold(M, 1), await HoldAsync(Page));

        await CommitListingAsync(M);

        Assert.Null(await HoldAsync(Page));
        Assert.Empty(await FindAsync(Page));
    }

    [Fact]
    public async Task A_commit_that_no_longer_lists_a_page_keeps_the_hold_of_another_merchant()
    {
        await CommitListingAsync(M, Page);
        await CommitListingAsync("merchant-2", Page);
        await RegisterAsync(Page, new PageHold(M, 1), 0);
        await RegisterAsync(Page, new PageHold("merchant-2", 2), 1);

        await CommitListingAsync(M);

        Assert.Equal(new PageHold("merchant-2", 2), await HoldAsync(Page));
    }

    [Fact]
    public async Task A_commit_that_lists_a_page_keeps_the_merchants_hold()
    {
        await CommitListingAsync(M, Page);
        await RegisterAsync(Page, new PageHold(M, 1), 0);

        await CommitListingAsync(M, Page, OtherPage);
        await CommitListingAsync(M, Page);

        Assert.Equal(new PageHold(M, 1), await HoldAsync(Page));
    }

    [Fact]
    public async Task A_failed_commit_removes_no_hold()
    {
        var read = await CommitListingAsync(M, Page);
        await RegisterAsync(Page, new PageHold(M, 1), 0);

        Assert.False((await CommitAsync(StoreSamples.After(read with { CommitId = 1 }, read.Record with { Connections = [] }))).Succeeded);

        Assert.Equal(new PageHold(M, 1), await HoldAsync(Page));
    }

    [Fact]
    public async Task HasClaim_finds_the_claim_of_a_merchant_to_a_page_until_it_is_removed()
    {
        var claim = await CommitClaimAsync(new Claim(M, Page, Now));

        Assert.True(await HasClaimAsync(M, Page));
        Assert.False(await HasClaimAsync(M, OtherPage));
        Assert.False(await HasClaimAsync("merchant-2", Page));
        await store.RemoveClaimAsync(claim, CancellationToken.None);
        Assert.False(await HasClaimAsync(M, Page));
    }

    private async Task<PageHold?> HoldAsync(PageRef page) => await store.ReadHoldAsync(page, CancellationToken.None);

    private async Task<PageHold?> RegisterAsync(PageRef page, PageHold hold, ulong expectedHoldId) =>
        await store.RegisterAsync(page, hold, expectedHoldId, CancellationToken.None);

    private async Task<bool> HasClaimAsync(string merchantId, PageRef page) =>
        await store.HasClaimAsync(merchantId, page, CancellationToken.None);

    private async Task<StoredMerchant> CommitListingAsync(string merchantId, params PageRef[] pages)
    {
        var read = await ReadAsync(merchantId);
        var record = read.Record with { Connections = [.. pages.Select(StoreSamples.Connected)] };
        return await MustCommitAsync(StoreSamples.After(read, record));
    }
}
