using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>The tests that every store must pass. A derived class opens the store. This part: reads and commits.</summary>
public abstract partial class ConnectionStoreContract : IAsyncLifetime
{
    private protected const string M = "merchant-1";
    private const int Kept = 5;
    private protected static readonly PageRef Page = StoreSamples.Page;
    private static readonly PageRef OtherPage = new(Provider.Zalo, "page-1");

    private readonly ManualClock clock = new();
    private IConnectionStore store = null!;

    private protected IConnectionStore Store => store;

    /// <summary>Opens a store over this test's data, which is empty at first.</summary>
    private protected abstract Task<IConnectionStore> OpenAsync(ManualClock clock, int keptCommits);

    /// <summary>Closes a store and keeps its data.</summary>
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
    public async Task An_unknown_merchant_is_read_at_revision_0()
    {
        var read = await ReadAsync(M);

        Assert.Equal(RecordText.Of(MerchantRecord.Unknown(M)), RecordText.Of(read.Record));
        Assert.Equal((0, 0UL), (read.Record.Revision, read.CommitId));
    }

    [Fact]
    public async Task A_commit_is_read_back_completely()
    {
        var request = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M));

        await MustCommitAsync(request);

        AssertStored(request, await ReadAsync(M));
    }

    [Fact]
    public async Task A_successful_commit_returns_the_stored_record()
    {
        var request = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M));

        AssertStored(request, await MustCommitAsync(request));
    }

    [Fact]
    public async Task Requests_are_remembered_although_the_history_is_trimmed()
    {
        var read = await ReadAsync(M);
        for (var n = 1; n <= 200; n++)
        {
            // A bound of 3 requests, and commits without request between them.
            var requests = n % 10 == 0 ? read.Record.Requests.Add(new RememberedRequest($"request-{n}", (uint)n, n, $"session-{n}"), 3) : read.Record.Requests;
            read = (await store.CommitAsync(StoreSamples.After(read, read.Record with { Requests = requests }), default)).Current;
        }

        await CloseAsync(store);
        store = await OpenAsync(clock, Kept);

        RememberedRequest[] expected = [.. new[] { 180, 190, 200 }.Select(n => new RememberedRequest($"request-{n}", (uint)n, n, $"session-{n}"))];
        Assert.Equal(expected, (await ReadAsync(M)).Record.Requests);
        Assert.Equal([196, 197, 198, 199, 200], (await store.ReadCommitsAsync(M, 0, 1_000, default)).Select(c => c.Revision));
    }

    [Fact]
    public async Task A_commit_on_a_page_list_part_keeps_the_other_parts()
    {
        var request = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M));
        await MustCommitAsync(request);
        var part = await store.ReadAsync(M, MerchantParts.PageList, CancellationToken.None);

        await MustCommitAsync(StoreSamples.After(part, part.Record with { BoughtPages = 9 }));

        Assert.Equal(RecordText.Of(request.Record with { BoughtPages = 9, Revision = 2 }), RecordText.Of((await ReadAsync(M)).Record));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData((1UL << 53) + 1)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public async Task A_commit_id_can_be_any_64_bit_number(ulong id)
    {
        var request = StoreSamples.After(await ReadAsync(M));
        await MustCommitAsync(request with { Commit = request.Commit with { Id = id } });

        var read = await ReadAsync(M);
        Assert.Equal(id, read.CommitId);
        Assert.False((await CommitAsync(StoreSamples.After(read with { CommitId = id - 1 }))).Succeeded);
        await MustCommitAsync(StoreSamples.After(read));
    }

    [Fact]
    public async Task A_commit_on_an_older_revision_fails_and_returns_the_current_record()
    {
        var old = await MustCommitAsync(StoreSamples.After(await ReadAsync(M)));
        var current = StoreSamples.After(old, StoreSamples.FullRecord(M));
        await MustCommitAsync(current);

        var failed = await CommitAsync(StoreSamples.After(old));

        Assert.False(failed.Succeeded);
        AssertStored(current, failed.Current);
    }

    [Fact]
    public async Task A_commit_on_the_same_revision_with_another_commit_id_fails_and_returns_the_current_record()
    {
        var current = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M));
        var read = await MustCommitAsync(current);

        var failed = await CommitAsync(StoreSamples.After(read with { CommitId = read.CommitId + 1 }));

        Assert.False(failed.Succeeded);
        AssertStored(current, failed.Current);
    }

    [Fact]
    public async Task A_first_commit_fails_if_another_first_commit_is_stored()
    {
        var nothing = await ReadAsync(M);
        var first = StoreSamples.After(nothing, StoreSamples.FullRecord(M));
        await MustCommitAsync(first);

        var failed = await CommitAsync(StoreSamples.After(nothing));

        Assert.False(failed.Succeeded);
        AssertStored(first, failed.Current);
    }

    [Fact]
    public async Task A_commit_on_a_merchant_that_is_no_longer_stored_fails_and_returns_the_unknown_merchant()
    {
        var elsewhere = new StoredMerchant(StoreSamples.FullRecord(M) with { Revision = 4 }, 44);

        var failed = await CommitAsync(StoreSamples.After(elsewhere));

        Assert.False(failed.Succeeded);
        Assert.Equal((RecordText.Of(MerchantRecord.Unknown(M)), 0UL), (RecordText.Of(failed.Current.Record), failed.Current.CommitId));
    }

    [Fact]
    public async Task A_failed_commit_stores_nothing()
    {
        var current = StoreSamples.After(await ReadAsync(M));
        var read = await MustCommitAsync(current);
        var failed = StoreSamples.After(read with { CommitId = 1 }, StoreSamples.FullRecord(M), Now, new Claim(M, Page, Now));

        Assert.False((await CommitAsync(failed)).Succeeded);

        AssertStored(current, await ReadAsync(M));
        Assert.Equal([current.Commit.Id], (await HistoryAsync(M)).Select(c => c.Id));
        Assert.Empty(await DueAsync());
        Assert.Empty(await ClaimsAsync());
    }

    [Fact]
    public async Task Merchant_ids_are_case_sensitive()
    {
        await MustCommitAsync(StoreSamples.After(await ReadAsync("shop"), StoreSamples.FullRecord("shop")));

        Assert.Equal(0, (await ReadAsync("Shop")).Record.Revision);
    }

    [Fact]
    public async Task All_data_survives_closing_and_reopening_the_store()
    {
        var claim = new Claim(M, Page, Now);
        var request = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M), Now, claim);
        await MustCommitAsync(request);

        await CloseAsync(store);
        store = await OpenAsync(clock, Kept);

        AssertStored(request, await ReadAsync(M));
        Assert.Equal([RecordText.Of(request.Commit)], (await HistoryAsync(M)).Select(RecordText.Of));
        Assert.Equal([M], await FindAsync(Page));
        Assert.Equal([new DueMerchant(M, Now)], await DueAsync());
        Assert.Equal([claim], await ClaimsAsync());
        await MustCommitAsync(StoreSamples.After(await ReadAsync(M)));
    }

    private async Task<StoredMerchant> ReadAsync(string merchantId) => await store.ReadAsync(merchantId, CancellationToken.None);

    private async Task<CommitResult> CommitAsync(CommitRequest request) => await store.CommitAsync(request, CancellationToken.None);

    private async Task<StoredMerchant> MustCommitAsync(CommitRequest request)
    {
        var result = await CommitAsync(request);
        Assert.True(result.Succeeded);
        return result.Current;
    }

    private static void AssertStored(CommitRequest expected, StoredMerchant actual)
    {
        Assert.Equal(RecordText.Of(expected.Record), RecordText.Of(actual.Record));
        Assert.Equal(expected.Commit.Id, actual.CommitId);
    }
}
