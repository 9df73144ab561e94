using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>Unsettled claims, and concurrent commits.</summary>
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
    public async Task A_claim_survives_later_commits_without_a_claim()
    {
        var claim = new Claim(M, Page, Now);
        await CommitClaimAsync(claim);

        await CommitTimesAsync(M, 2);

        Assert.Equal([claim], await ClaimsAsync());
    }

    [Fact]
    public async Task FindClaims_returns_the_claims_of_a_merchant_oldest_first()
    {
        var second = await CommitClaimAsync(new Claim(M, Page, Now - Millisecond));
        var first = await CommitClaimAsync(new Claim(M, OtherPage, Now - TimeSpan.FromDays(1)));

        Assert.Equal([first, second], await store.FindClaimsAsync(CancellationToken.None).ToArrayAsync());
    }

    [Fact]
    public async Task FindClaims_returns_the_claims_of_all_merchants()
    {
        var claims = new List<Claim>();
        for (var n = 0; n < 40; n++)
        {
            claims.Add(await CommitClaimAsync(new Claim($"merchant-{n}", Page, Now + (n * Millisecond))));
        }

        Assert.Equal(claims, await ClaimsAsync());
    }

    [Fact]
    public async Task RemoveClaim_removes_only_that_claim()
    {
        var removed = await CommitClaimAsync(new Claim("merchant-1", Page, Now));
        var otherPage = await CommitClaimAsync(new Claim("merchant-1", OtherPage, Now + Millisecond));
        var otherMerchant = await CommitClaimAsync(new Claim("merchant-2", Page, Now + (2 * Millisecond)));

        await store.RemoveClaimAsync(removed, CancellationToken.None);

        Assert.Equal([otherPage, otherMerchant], await ClaimsAsync());
    }

    [Fact]
    public async Task RemoveClaim_keeps_a_newer_claim_of_the_same_merchant_to_the_same_page()
    {
        var older = await CommitClaimAsync(new Claim(M, Page, Now));
        var newer = await CommitClaimAsync(new Claim(M, Page, Now + Millisecond));

        await store.RemoveClaimAsync(older, CancellationToken.None);
        Assert.Equal([newer], await ClaimsAsync());

        await store.RemoveClaimAsync(newer, CancellationToken.None);
        Assert.Empty(await ClaimsAsync());
    }

    [Fact]
    public async Task RemoveClaim_of_a_missing_claim_does_nothing()
    {
        var claim = await CommitClaimAsync(new Claim(M, Page, Now));
        await store.RemoveClaimAsync(claim, CancellationToken.None);

        await store.RemoveClaimAsync(claim, CancellationToken.None);

        Assert.Empty(await ClaimsAsync());
    }

    [Fact]
    public async Task Of_32_concurrent_commits_on_one_revision_one_succeeds_and_the_others_return_its_record()
    {
        var read = await MustCommitAsync(StoreSamples.After(await ReadAsync(M)));
        var requests = Enumerable.Range(1, 32)
            .Select(n => StoreSamples.After(read, read.Record with { BoughtPages = n }))
            .ToArray();

        var results = await Task.WhenAll(requests.Select(r => Task.Run(() => CommitAsync(r))));

        var stored = requests[results.ToList().FindIndex(r => r.Succeeded)];
        Assert.Single(results, r => r.Succeeded);
        Assert.All(results, r => AssertStored(stored, r.Current));
        AssertStored(stored, await ReadAsync(M));
        Assert.Equal([read.CommitId, stored.Commit.Id], (await HistoryAsync(M)).Select(c => c.Id));
    }

    [Fact]
    public async Task Concurrent_commits_of_64_merchants_all_succeed()
    {
        var requests = Enumerable.Range(1, 64)
            .Select(n => $"merchant-{n}")
            .Select(id => StoreSamples.After(
                new StoredMerchant(MerchantRecord.Unknown(id), 0), StoreSamples.FullRecord(id), Now, new Claim(id, Page, Now)))
            .ToArray();

        await Task.WhenAll(requests.Select(r => Task.Run(() => MustCommitAsync(r))));

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
        await MustCommitAsync(StoreSamples.After(await ReadAsync(claim.MerchantId), claim: claim));
        return claim;
    }

    private async Task<Claim[]> ClaimsAsync() =>
        await store.FindClaimsAsync(CancellationToken.None).OrderBy(claim => claim.GrantedAt).ToArrayAsync();
}
