using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>This part: what the processes share about merchant tokens.</summary>
public abstract partial class ConnectionStoreContract
{
    [Fact]
    public async Task Signing_keys_are_replaced_only_if_they_are_the_expected_ones()
    {
        byte[] first = [0, 1, 2, 255], second = [3];
        Assert.Empty(await store.ReadSigningKeysAsync(CancellationToken.None));

        Assert.Equal(first, await store.ReplaceSigningKeysAsync([], first, CancellationToken.None));
        Assert.Equal(first, await store.ReplaceSigningKeysAsync([], second, CancellationToken.None));
        Assert.Equal(first, await store.ReadSigningKeysAsync(CancellationToken.None));
        Assert.Equal(second, await store.ReplaceSigningKeysAsync(first, second, CancellationToken.None));
        Assert.Equal(second, await store.ReadSigningKeysAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_revocation_is_told_to_subscribers_and_read_back_until_it_is_forgotten()
    {
        var told = 0;
        using var subscription = store.SubscribeRevocations(() => Interlocked.Increment(ref told));
        var time = new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

        await store.AddRevocationAsync(new("merchant-1", time), time, CancellationToken.None);
        await store.AddRevocationAsync(new("merchant-2", time.AddMinutes(2)), time, CancellationToken.None);
        await store.AddRevocationAsync(new("merchant-2", time.AddMinutes(1)), time, CancellationToken.None);

        Assert.Equal(
            [new("merchant-1", time), new("merchant-2", time.AddMinutes(2))],
            (await store.ReadRevocationsAsync(CancellationToken.None)).OrderBy(revocation => revocation.MerchantId));
        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref told) >= 1));

        await store.AddRevocationAsync(new("merchant-3", time.AddMinutes(3)), forgetBefore: time.AddMinutes(1), CancellationToken.None);
        Assert.Equal(
            ["merchant-2", "merchant-3"],
            (await store.ReadRevocationsAsync(CancellationToken.None)).Select(revocation => revocation.MerchantId).Order());
    }
}
