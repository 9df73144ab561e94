using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>This part: the index from accounts to merchants.</summary>
public abstract partial class ConnectionStoreContract
{
    private static AccountRef Person => StoreSamples.Connected(Page).Account;
    private static AccountRef OtherPerson => Person with { AccountId = "person-2" };

    [Fact]
    public async Task The_merchants_of_an_account_are_those_with_a_listed_connection_that_uses_it()
    {
        Assert.Empty(await FindAsync(Person));

        await ListAsync("merchant-2", Page);
        await ListAsync(M, Page);

        Assert.Equal([M, "merchant-2"], await FindAsync(Person));
        Assert.Empty(await FindAsync(Person with { Provider = Provider.Zalo }));
        Assert.Empty(await FindAsync(OtherPerson));
        Assert.Empty(await FindAsync(Person with { AccountId = "person" }));
        await DerivedData.AssertMatchesAsync(store, M, "merchant-2");
    }

    [Fact]
    public async Task A_merchant_uses_an_account_until_the_last_of_its_connections_leaves_the_list()
    {
        var (first, second) = (StoreSamples.Connected(Page), StoreSamples.Connected(Page with { PageId = "page-2" }));
        await PutAsync(M, first, second);
        await PutAsync(M, first with { State = State.Deleted, Cause = Cause.PageDeleted, Acknowledged = true }, second);
        Assert.Equal([M], await FindAsync(Person));

        await PutAsync(M, first with { State = State.Deleted, Cause = Cause.PageDeleted, Acknowledged = true });

        Assert.Empty(await FindAsync(Person));
        await DerivedData.AssertMatchesAsync(store, M);
    }

    [Fact]
    public async Task A_connection_that_another_account_was_granted_leaves_the_index_of_the_first_account()
    {
        await PutAsync(M, StoreSamples.Connected(Page));

        await PutAsync(M, StoreSamples.Connected(Page) with { AccountId = OtherPerson.AccountId });

        Assert.Empty(await FindAsync(Person));
        Assert.Equal([M], await FindAsync(OtherPerson));
        Assert.Equal([M], await FindAsync(Page));
        await DerivedData.AssertMatchesAsync(store, M);
    }

    [Fact]
    public async Task A_failed_commit_changes_nothing_about_accounts()
    {
        await PutAsync(M, StoreSamples.Connected(Page));
        var read = await ReadAsync(M);
        await PutAsync(M, StoreSamples.Connected(Page));
        var other = StoreSamples.Connected(Page) with { AccountId = OtherPerson.AccountId };

        Assert.False((await CommitAsync(StoreSamples.After(read, read.Record with { Connections = [other] }))).Succeeded);

        Assert.Equal([M], await FindAsync(Person));
        Assert.Empty(await FindAsync(OtherPerson));
    }

    private async Task<string[]> FindAsync(AccountRef account) => [.. await store.FindMerchantsAsync(account, CancellationToken.None)];
}
