using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>Merchants' histories, and the index from pages to merchants.</summary>
public abstract partial class ConnectionStoreContract
{
    [Fact]
    public async Task An_unknown_merchant_has_no_history() => Assert.Empty(await HistoryAsync(M));

    [Fact]
    public async Task A_commit_is_in_the_history_completely()
    {
        var request = StoreSamples.After(await ReadAsync(M));
        var commit = request.Commit with
        {
            At = StoreSamples.Time.AddTicks(12_345),
            Actor = "người bán",
            RequestId = "request-1",
            Changes = StoreSamples.EveryChange(),
            Trace = StoreSamples.Trace(1),
        };

        await MustCommitAsync(request with { Commit = commit });

        Assert.Equal(RecordText.Of(commit), RecordText.Of((await HistoryAsync(M)).Single()));
    }

    [Fact]
    public async Task History_is_oldest_first_and_each_commit_has_the_id_of_the_previous_one()
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
    public async Task Merchants_have_separate_histories()
    {
        await CommitTimesAsync(M, Kept);
        await CommitTimesAsync("merchant-2", Kept + 2);

        Assert.Equal([1, 2, 3, 4, 5], (await HistoryAsync(M)).Select(c => c.Revision));
    }

    [Fact]
    public async Task FindMerchants_returns_nothing_for_an_unknown_page() => Assert.Empty(await FindAsync(Page));

    [Fact]
    public async Task FindMerchants_returns_the_merchants_that_list_the_page_ordered_by_id()
    {
        await ListAsync("merchant-2", Page);
        await ListAsync("merchant-1", OtherPage, Page);
        await ListAsync("merchant-3", OtherPage);
        await ListAsync("Merchant-4", Page);

        Assert.Equal(["Merchant-4", "merchant-1", "merchant-2"], await FindAsync(Page));
        Assert.Equal(["merchant-1", "merchant-3"], await FindAsync(OtherPage));
    }

    [Fact]
    public async Task FindMerchants_omits_a_merchant_that_no_longer_lists_the_page()
    {
        await ListAsync("merchant-1", Page, OtherPage);
        await ListAsync("merchant-2", Page);

        await ListAsync("merchant-1", OtherPage);

        Assert.Equal(["merchant-2"], await FindAsync(Page));
        Assert.Equal(["merchant-1"], await FindAsync(OtherPage));
    }

    [Fact]
    public async Task FindMerchants_returns_a_merchant_with_a_lost_page_until_the_loss_is_acknowledged()
    {
        var failed = StoreSamples.Connected(Page) with { State = State.Deleted, Cause = Cause.PageDeleted };

        await PutAsync(M, failed);
        Assert.Equal([M], await FindAsync(Page));

        await PutAsync(M, failed with { Acknowledged = true });
        Assert.Empty(await FindAsync(Page));
    }

    [Fact]
    public async Task FindMerchants_returns_a_merchant_that_lists_the_page_again()
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
        await MustCommitAsync(StoreSamples.After(read, read.Record with { Connections = [.. connections] }));
    }

    private async Task<ulong[]> CommitTimesAsync(string merchantId, int times)
    {
        var ids = new ulong[times];
        for (var i = 0; i < times; i++)
        {
            ids[i] = (await MustCommitAsync(StoreSamples.After(await ReadAsync(merchantId)))).CommitId;
        }

        return ids;
    }
}
