using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>Claims that wait to be settled, and commits at the same time.</summary>
public abstract partial class ConnectionStoreContract
{
    [Fact]
    public async Task A_claim_is_stored_with_its_commit()
    {
        var claim = new Claim(M, OtherPage, Now);

        await CommitClaimAsync(claim);

        Assert.Equal([claim], await ClaimsAsync());
    }

    [Fact]
    public async Task A_claim_outlives_commits_that_make_none()
    {
        var claim = new Claim(M, Page, Now);
        await CommitClaimAsync(claim);

        await CommitTimesAsync(M, 2);

        Assert.Equal([claim], await ClaimsAsync());
    }

    [Fact]
    public async Task A_claim_is_found_when_it_was_made_before_the_time_asked_for()
    {
        await CommitClaimAsync(new Claim(M, Page, Now));

        Assert.Empty(await ClaimsAsync(before: Now));
        Assert.Single(await ClaimsAsync(before: Now + Millisecond));
    }

    [Fact]
    public async Task The_oldest_claims_come_first_and_no_more_than_asked_for()
    {
        var second = await CommitClaimAsync(new Claim("merchant-2", Page, Now - Millisecond));
        var first = await CommitClaimAsync(new Claim("merchant-3", Page, Now - TimeSpan.FromDays(1)));
        var third = await CommitClaimAsync(new Claim("merchant-1", Page, Now));

        Assert.Equal([first, second, third], await ClaimsAsync());
        Assert.Equal([first, second], await ClaimsAsync(limit: 2));
    }

    [Fact]
    public async Task A_removed_claim_is_gone_and_the_others_stay()
    {
        var removed = await CommitClaimAsync(new Claim("merchant-1", Page, Now));
        var otherPage = await CommitClaimAsync(new Claim("merchant-1", OtherPage, Now + Millisecond));
        var otherMerchant = await CommitClaimAsync(new Claim("merchant-2", Page, Now + (2 * Millisecond)));

        await store.RemoveClaimAsync(removed, CancellationToken.None);

        Assert.Equal([otherPage, otherMerchant], await ClaimsAsync());
    }

    [Fact]
    public async Task A_newer_claim_of_the_same_merchant_to_the_same_page_survives_the_removal_of_the_older()
    {
        var older = await CommitClaimAsync(new Claim(M, Page, Now));
        var newer = await CommitClaimAsync(new Claim(M, Page, Now + Millisecond));

        await store.RemoveClaimAsync(older, CancellationToken.None);
        Assert.Equal([newer], await ClaimsAsync());

        await store.RemoveClaimAsync(newer, CancellationToken.None);
        Assert.Empty(await ClaimsAsync());
    }

    [Fact]
    public async Task Removing_a_claim_that_is_not_there_does_nothing()
    {
        var claim = await CommitClaimAsync(new Claim(M, Page, Now));
        await store.RemoveClaimAsync(claim, CancellationToken.None);

        await store.RemoveClaimAsync(claim, CancellationToken.None);

        Assert.Empty(await ClaimsAsync());
    }

    [Fact]
    public async Task Of_32_commits_at_once_on_one_revision_one_wins_and_the_others_get_its_record()
    {
        var read = await WinAsync(StoreSamples.After(await ReadAsync(M)));
        var requests = Enumerable.Range(1, 32)
            .Select(n => StoreSamples.After(read, read.Record with { BoughtPages = n }))
            .ToArray();

        var results = await Task.WhenAll(requests.Select(r => Task.Run(() => CommitAsync(r))));

        var winner = requests[results.ToList().FindIndex(r => r.Won)];
        Assert.Single(results, r => r.Won);
        Assert.All(results, r => AssertStored(winner, r.Current));
        AssertStored(winner, await ReadAsync(M));
        Assert.Equal([read.CommitId, winner.Commit.Id], (await HistoryAsync(M)).Select(c => c.Id));
    }

    [Fact]
    public async Task Commits_of_64_merchants_at_once_all_win()
    {
        var requests = Enumerable.Range(1, 64)
            .Select(n => $"merchant-{n}")
            .Select(id => StoreSamples.After(
                new StoredMerchant(MerchantRecord.Unknown(id), 0), StoreSamples.FullRecord(id), Now, new Claim(id, Page, Now)))
            .ToArray();

        await Task.WhenAll(requests.Select(r => Task.Run(() => WinAsync(r))));

        foreach (var request in requests)
        {
            AssertStored(request, await ReadAsync(request.Record.MerchantId));
        }

        var everyone = requests.Select(r => r.Record.MerchantId).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(everyone, await FindAsync(Page));
        Assert.Equal(everyone, (await DueAsync()).Select(d => d.MerchantId).Order(StringComparer.Ordinal));
        Assert.Equal(everyone, (await ClaimsAsync()).Select(c => c.MerchantId).Order(StringComparer.Ordinal));
    }

    private async Task<Claim> CommitClaimAsync(Claim claim)
    {
        await WinAsync(StoreSamples.After(await ReadAsync(claim.MerchantId), claim: claim));
        return claim;
    }

    private async Task<Claim[]> ClaimsAsync(DateTimeOffset? before = null, int limit = 100) =>
        [.. await store.FindClaimsAsync(before ?? Now + TimeSpan.FromDays(1), limit, CancellationToken.None)];
}
