using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>This part: the removal of merchants whose record is erased.</summary>
public abstract partial class ConnectionStoreContract
{
    [Fact]
    public async Task A_removed_merchant_leaves_nothing_and_begins_again_at_revision_1()
    {
        var erased = await CommitErasedAsync();
        await store.ReadAsync(M, MerchantParts.All, default);

        Assert.True(await store.RemoveAsync(erased, default));

        await AssertNothingIsLeftAsync();
        await CloseAsync(store);
        store = await OpenAsync(clock, Kept);
        await AssertNothingIsLeftAsync();

        var again = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M), Now);
        Assert.Equal(1, again.Record.Revision);
        await MustCommitAsync(again);
        AssertStored(again, await ReadAsync(M));
        Assert.Equal([again.Commit.Id], (await store.ReadCommitsAsync(M, 0, 10, default)).Select(commit => commit.Id));
        await DerivedData.AssertMatchesAsync(store, M);
    }

    [Fact]
    public async Task A_merchant_that_is_read_before_and_after_its_removal_is_not_the_one_that_was_cached()
    {
        var erased = await CommitErasedAsync();
        await store.RemoveAsync(erased, default);

        Assert.NotEqual(erased.Position, store.TryGetCached(M)?.Position);
        Assert.Equal(default(HistoryPosition), (await store.ReadPositionsAsync([M], default))[0]!.Value);
        Assert.False((await CommitAsync(StoreSamples.After(erased))).Succeeded);
        await DerivedData.AssertMatchesAsync(store, M);
    }

    [Fact]
    public async Task A_merchant_that_has_changed_since_is_not_removed()
    {
        var erased = await CommitErasedAsync();
        await MustCommitAsync(StoreSamples.After(erased, erased.Record with { Connections = [StoreSamples.Connected(Page)] }));

        Assert.False(await store.RemoveAsync(erased, default));

        Assert.Equal(erased.Record.Revision + 1, (await ReadAsync(M)).Record.Revision);
        Assert.Equal([M], await FindAsync(Page));
        Assert.Equal([M], await FindAsync(Person));
        Assert.Equal(erased.Record.Revision + 1, (await HistoryAsync(M)).Length);
        await DerivedData.AssertMatchesAsync(store, M);
    }

    [Fact]
    public async Task A_removal_can_be_repeated_and_removes_no_other_merchant()
    {
        await ListAsync("merchant-2", Page);
        await RegisterAsync(Page, new PageHold("merchant-2", 2), 0);
        var erased = await CommitErasedAsync();

        Assert.True(await store.RemoveAsync(erased, default));
        Assert.True(await store.RemoveAsync(erased, default));

        Assert.Equal(["merchant-2"], await FindAsync(Page));
        Assert.Equal(["merchant-2"], await FindAsync(Person));
        Assert.Equal(new PageHold("merchant-2", 2), await HoldAsync(Page));
        Assert.Single(await HistoryAsync("merchant-2"));
        await DerivedData.AssertMatchesAsync(store, M, "merchant-2");
    }

    [Fact]
    public async Task The_removal_of_a_merchant_notifies_those_who_follow_it()
    {
        var erased = await CommitErasedAsync();
        var heard = new TaskCompletionSource();
        using var subscription = store.Subscribe(
            id =>
            {
                if (id == M)
                {
                    heard.TrySetResult();
                }
            },
            () => { });

        // That of the commit may still be on its way: it is received before, and the second one after the removal.
        await Eventually.TrueAsync(async () =>
        {
            await store.RemoveAsync(erased, default);
            return heard.Task.IsCompleted;
        });
    }

    // A merchant with everything: pages, accounts, holds, a claim, a deadline, candidates, requests; and then without, as an erasure leaves it.
    private async Task<StoredMerchant> CommitErasedAsync()
    {
        var full = StoreSamples.FullRecord(M) with { Connections = [StoreSamples.Connected(Page), StoreSamples.Connected(OtherPage)] };
        var read = await MustCommitAsync(StoreSamples.After(await ReadAsync(M), full, Now, new Claim(M, Page, Now)));
        await store.RegisterAsync(OtherPage, new PageHold(M, 1), 0, default);
        var left = new MerchantRecord
        {
            MerchantId = M,
            Connections = [.. full.Connections.Select(c => c with { State = State.Disconnected, Cause = Cause.MerchantDisconnected })],
            IsErased = true,
        };
        return await MustCommitAsync(StoreSamples.After(read, left));
    }

    private async Task AssertNothingIsLeftAsync()
    {
        Assert.Equal(RecordText.Of(MerchantRecord.Unknown(M)), RecordText.Of((await ReadAsync(M)).Record));
        Assert.Empty(await HistoryAsync(M));
        foreach (var page in (PageRef[])[Page, OtherPage])
        {
            Assert.Empty(await FindAsync(page));
            Assert.Empty(await FindAsync(new AccountRef(page.Provider, Person.AccountId)));
            Assert.Null(await HoldAsync(page));
            Assert.False(await HasClaimAsync(M, page));
        }

        Assert.DoesNotContain(await store.FindDueAsync(100, default), due => due.MerchantId == M);
        Assert.Empty(await store.ReadDirectoryAsync(Partition.Of(M), "", 10, default));
        Assert.Empty(await store.ReadTallyAsync(default));
        await DerivedData.AssertMatchesAsync(store, M);
    }
}
