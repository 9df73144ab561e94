using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>A merchant's history, and the index from pages to merchants.</summary>
public abstract partial class ConnectionStoreContract
{
    [Fact]
    public async Task A_merchant_that_nothing_is_stored_of_has_no_history() => Assert.Empty(await HistoryAsync(M));

    [Fact]
    public async Task A_commit_is_in_the_history_with_everything_in_it()
    {
        var request = StoreSamples.After(await ReadAsync(M));
        var commit = request.Commit with
        {
            At = StoreSamples.Time.AddTicks(12_345),
            Actor = "người bán",
            RequestId = "request-1",
            Changes = StoreSamples.EveryChange(),
        };

        await WinAsync(request with { Commit = commit });

        Assert.Equal(RecordText.Of(commit), RecordText.Of((await HistoryAsync(M)).Single()));
    }

    [Fact]
    public async Task History_is_oldest_first_and_each_commit_names_the_one_before()
    {
        var ids = await CommitTimesAsync(M, Kept);

        var history = await HistoryAsync(M);

        Assert.Equal([1, 2, 3, 4, 5], history.Select(c => c.Revision));
        Assert.Equal(ids, history.Select(c => c.Id));
        Assert.Equal([0, .. ids[..^1]], history.Select(c => c.PreviousId));
    }

    [Theory]
    [InlineData(0, 100, new long[] { 1, 2, 3, 4, 5 })]
    [InlineData(3, 100, new long[] { 4, 5 })]
    [InlineData(0, 2, new long[] { 1, 2 })]
    [InlineData(2, 2, new long[] { 3, 4 })]
    [InlineData(5, 100, new long[0])]
    [InlineData(long.MaxValue, 100, new long[0])]
    public async Task History_is_read_after_a_revision_and_up_to_a_limit(long after, int limit, long[] expected)
    {
        await CommitTimesAsync(M, Kept);

        var history = await store.ReadCommitsAsync(M, after, limit, CancellationToken.None);

        Assert.Equal(expected, history.Select(c => c.Revision));
    }

    [Fact]
    public async Task History_keeps_the_newest_commits()
    {
        var ids = await CommitTimesAsync(M, Kept + 2);

        Assert.Equal(ids[^Kept..], (await HistoryAsync(M)).Select(c => c.Id));
    }

    [Fact]
    public async Task One_merchants_history_is_not_anothers()
    {
        await CommitTimesAsync(M, Kept);
        await CommitTimesAsync("merchant-2", Kept + 2);

        Assert.Equal([1, 2, 3, 4, 5], (await HistoryAsync(M)).Select(c => c.Revision));
    }

    [Fact]
    public async Task A_page_that_nobody_listed_is_found_at_nobody() => Assert.Empty(await FindAsync(Page));

    [Fact]
    public async Task A_listed_page_is_found_at_each_of_its_merchants_in_order()
    {
        await ListAsync("merchant-2", Page);
        await ListAsync("merchant-1", OtherPage, Page);
        await ListAsync("merchant-3", OtherPage);
        await ListAsync("Merchant-4", Page);

        Assert.Equal(["Merchant-4", "merchant-1", "merchant-2"], await FindAsync(Page));
        Assert.Equal(["merchant-1", "merchant-3"], await FindAsync(OtherPage));
    }

    [Fact]
    public async Task A_page_that_left_one_merchants_list_is_found_at_the_others()
    {
        await ListAsync("merchant-1", Page, OtherPage);
        await ListAsync("merchant-2", Page);

        await ListAsync("merchant-1", OtherPage);

        Assert.Equal(["merchant-2"], await FindAsync(Page));
        Assert.Equal(["merchant-1"], await FindAsync(OtherPage));
    }

    [Fact]
    public async Task A_lost_page_is_found_until_its_loss_is_acknowledged()
    {
        var lost = StoreSamples.Connected(Page) with { State = State.Deleted, Cause = Cause.PageDeleted };

        await PutAsync(M, lost);
        Assert.Equal([M], await FindAsync(Page));

        await PutAsync(M, lost with { Acknowledged = true });
        Assert.Empty(await FindAsync(Page));
    }

    [Fact]
    public async Task A_page_that_came_back_to_the_list_is_found_again()
    {
        await ListAsync(M, Page);
        await PutAsync(M, StoreSamples.Connected(Page) with { State = State.Disconnected, Cause = Cause.MerchantDisconnected });
        Assert.Empty(await FindAsync(Page));

        await ListAsync(M, Page);

        Assert.Equal([M], await FindAsync(Page));
    }

    private async Task<Commit[]> HistoryAsync(string merchantId) =>
        [.. await store.ReadCommitsAsync(merchantId, 0, 100, CancellationToken.None)];

    private async Task<string[]> FindAsync(PageRef page) => [.. await store.FindMerchantsAsync(page, CancellationToken.None)];

    private Task ListAsync(string merchantId, params PageRef[] pages) =>
        PutAsync(merchantId, [.. pages.Select(StoreSamples.Connected)]);

    private async Task PutAsync(string merchantId, params Connection[] connections)
    {
        var read = await ReadAsync(merchantId);
        await WinAsync(StoreSamples.After(read, read.Record with { Connections = [.. connections] }));
    }

    private async Task<ulong[]> CommitTimesAsync(string merchantId, int times)
    {
        var ids = new ulong[times];
        for (var i = 0; i < times; i++)
        {
            ids[i] = (await WinAsync(StoreSamples.After(await ReadAsync(merchantId)))).CommitId;
        }

        return ids;
    }
}
