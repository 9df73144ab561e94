using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>What every store does. A store's own test class says how to open it; this part is about reading and committing.</summary>
public abstract partial class ConnectionStoreContract : IAsyncLifetime
{
    private protected const string M = "merchant-1";
    private const int Kept = 5;
    private protected static readonly PageRef Page = StoreSamples.Page;
    private static readonly PageRef OtherPage = new(Provider.Zalo, "page-1");

    private readonly ManualClock clock = new();
    private IConnectionStore store = null!;

    private protected IConnectionStore Store => store;

    /// <summary>Opens a store over this test's data; the first time, there are none.</summary>
    private protected abstract Task<IConnectionStore> OpenAsync(ManualClock clock, int keptCommits);

    /// <summary>Closes a store; its data stay.</summary>
    private protected abstract Task CloseAsync(IConnectionStore opened);

    /// <summary>Removes this test's data.</summary>
    private protected virtual Task RemoveAsync() => Task.CompletedTask;

    public async Task InitializeAsync() => store = await OpenAsync(clock, Kept);

    public async Task DisposeAsync()
    {
        await CloseAsync(store);
        await RemoveAsync();
    }

    [Fact]
    public async Task A_merchant_that_nothing_is_stored_of_is_at_revision_0()
    {
        var read = await ReadAsync(M);

        Assert.Equal(RecordText.Of(MerchantRecord.Unknown(M)), RecordText.Of(read.Record));
        Assert.Equal((0, 0UL), (read.Record.Revision, read.CommitId));
    }

    [Fact]
    public async Task A_commit_is_read_back_with_everything_in_it()
    {
        var request = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M));

        await WinAsync(request);

        AssertStored(request, await ReadAsync(M));
    }

    [Fact]
    public async Task A_commit_that_won_answers_with_what_is_stored_now()
    {
        var request = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M));

        AssertStored(request, await WinAsync(request));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData((1UL << 53) + 1)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public async Task A_commit_id_may_be_any_64_bits(ulong id)
    {
        var request = StoreSamples.After(await ReadAsync(M));
        await WinAsync(request with { Commit = request.Commit with { Id = id } });

        var read = await ReadAsync(M);
        Assert.Equal(id, read.CommitId);
        Assert.False((await CommitAsync(StoreSamples.After(read with { CommitId = id - 1 }))).Won);
        await WinAsync(StoreSamples.After(read));
    }

    [Fact]
    public async Task A_commit_on_an_older_revision_loses_and_gets_the_current_record()
    {
        var old = await WinAsync(StoreSamples.After(await ReadAsync(M)));
        var current = StoreSamples.After(old, StoreSamples.FullRecord(M));
        await WinAsync(current);

        var lost = await CommitAsync(StoreSamples.After(old));

        Assert.False(lost.Won);
        AssertStored(current, lost.Current);
    }

    [Fact]
    public async Task A_commit_on_the_same_revision_with_another_commit_id_loses_and_gets_the_current_record()
    {
        var current = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M));
        var read = await WinAsync(current);

        var lost = await CommitAsync(StoreSamples.After(read with { CommitId = read.CommitId + 1 }));

        Assert.False(lost.Won);
        AssertStored(current, lost.Current);
    }

    [Fact]
    public async Task A_first_commit_loses_when_another_one_was_first()
    {
        var nothing = await ReadAsync(M);
        var first = StoreSamples.After(nothing, StoreSamples.FullRecord(M));
        await WinAsync(first);

        var lost = await CommitAsync(StoreSamples.After(nothing));

        Assert.False(lost.Won);
        AssertStored(first, lost.Current);
    }

    [Fact]
    public async Task A_commit_on_a_merchant_that_is_not_there_any_more_loses_and_gets_nothing()
    {
        var elsewhere = new StoredMerchant(StoreSamples.FullRecord(M) with { Revision = 4 }, 44);

        var lost = await CommitAsync(StoreSamples.After(elsewhere));

        Assert.False(lost.Won);
        Assert.Equal((RecordText.Of(MerchantRecord.Unknown(M)), 0UL), (RecordText.Of(lost.Current.Record), lost.Current.CommitId));
    }

    [Fact]
    public async Task A_lost_commit_leaves_no_trace()
    {
        var current = StoreSamples.After(await ReadAsync(M));
        var read = await WinAsync(current);
        var lost = StoreSamples.After(read with { CommitId = 1 }, StoreSamples.FullRecord(M), Now, new Claim(M, Page, Now));

        Assert.False((await CommitAsync(lost)).Won);

        AssertStored(current, await ReadAsync(M));
        Assert.Equal([current.Commit.Id], (await HistoryAsync(M)).Select(c => c.Id));
        Assert.Empty(await DueAsync());
        Assert.Empty(await ClaimsAsync());
    }

    [Fact]
    public async Task Merchants_whose_ids_differ_in_case_are_two()
    {
        await WinAsync(StoreSamples.After(await ReadAsync("shop"), StoreSamples.FullRecord("shop")));

        Assert.Equal(0, (await ReadAsync("Shop")).Record.Revision);
    }

    [Fact]
    public async Task After_closing_and_opening_everything_is_there()
    {
        var claim = new Claim(M, Page, Now);
        var request = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M), Now, claim);
        await WinAsync(request);

        await CloseAsync(store);
        store = await OpenAsync(clock, Kept);

        AssertStored(request, await ReadAsync(M));
        Assert.Equal([RecordText.Of(request.Commit)], (await HistoryAsync(M)).Select(RecordText.Of));
        Assert.Equal([M], await FindAsync(Page));
        Assert.Equal([new DueMerchant(M, Now)], await DueAsync());
        Assert.Equal([claim], await ClaimsAsync());
        await WinAsync(StoreSamples.After(await ReadAsync(M)));
    }

    private async Task<StoredMerchant> ReadAsync(string merchantId) => await store.ReadAsync(merchantId, CancellationToken.None);

    private async Task<CommitResult> CommitAsync(CommitRequest request) => await store.CommitAsync(request, CancellationToken.None);

    private async Task<StoredMerchant> WinAsync(CommitRequest request)
    {
        var result = await CommitAsync(request);
        Assert.True(result.Won);
        return result.Current;
    }

    private static void AssertStored(CommitRequest expected, StoredMerchant actual)
    {
        Assert.Equal(RecordText.Of(expected.Record), RecordText.Of(actual.Record));
        Assert.Equal(expected.Commit.Id, actual.CommitId);
    }
}
