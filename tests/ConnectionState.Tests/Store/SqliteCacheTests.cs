using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;

namespace ConnectionStateService.Tests.Store;

/// <summary>The cache of the embedded store never holds anything but the newest stored state, whatever the order of reads and commits.</summary>
public sealed class SqliteCacheTests
{
    private const string M = "merchant-1";
    private readonly SqliteCache cache = new(capacity: 100_000);

    [Fact]
    public void A_read_fills_the_cache()
    {
        cache.Fill(At(1), cache.Stamp(M));

        Assert.Equal(1, Cached());
    }

    [Fact]
    public void A_commit_replaces_a_cached_merchant_when_it_is_published()
    {
        Commit(At(1));

        cache.BeginCommit(Changes(At(2)));
        Assert.Equal(1, Cached());

        cache.Publish(Changes(At(2)));
        Assert.Equal(2, Cached());
    }

    [Fact]
    public void A_read_from_before_a_commit_does_not_replace_what_the_commit_stored()
    {
        var stamp = cache.Stamp(M);
        Commit(At(2));

        cache.Fill(At(1), stamp);

        Assert.Equal(2, Cached());
    }

    [Fact]
    public void A_read_from_before_a_commit_is_not_cached_after_what_the_commit_stored_was_evicted()
    {
        var stamp = cache.Stamp(M);
        Commit(At(2) with { EncodedSize = 1_000_000 });
        Assert.Null(Cached());

        cache.Fill(At(1), stamp);

        Assert.Null(Cached());
    }

    [Fact]
    public void A_read_during_COMMIT_is_not_cached()
    {
        cache.BeginCommit(Changes(At(2)));

        cache.Fill(At(1), cache.Stamp(M));

        Assert.Null(Cached());
    }

    [Fact]
    public void A_read_during_COMMIT_is_not_cached_after_what_the_commit_stored_was_evicted()
    {
        var large = Changes(At(2) with { EncodedSize = 1_000_000 });
        cache.BeginCommit(large);
        var stamp = cache.Stamp(M);
        cache.Publish(large);

        cache.Fill(At(1), stamp);

        Assert.Null(Cached());
    }

    [Fact]
    public void A_merchant_that_was_read_in_a_newer_state_during_COMMIT_is_no_longer_cached_in_the_older_one()
    {
        Commit(At(1));
        cache.BeginCommit(Changes(At(2)));

        cache.Reveal(M);

        Assert.Null(Cached());
        cache.Publish(Changes(At(2)));
        Assert.Equal(2, Cached());
    }

    [Fact]
    public void A_read_of_any_merchant_during_COMMIT_removes_all_merchants_of_the_transaction_and_no_others()
    {
        Commit(At(1));
        Commit(At(1, "merchant-2"));
        cache.BeginCommit(Changes(At(2)));

        cache.Reveal(merchantId: null);

        Assert.Null(Cached());
        Assert.Equal(1, Cached("merchant-2"));
    }

    [Theory]
    [InlineData(M)]
    [InlineData(null)]
    public void A_read_while_there_is_no_COMMIT_removes_nothing(string? merchantId)
    {
        Commit(At(1));

        cache.Reveal(merchantId);

        Assert.Equal(1, Cached());
    }

    [Fact]
    public void A_read_of_another_merchant_during_COMMIT_removes_nothing()
    {
        Commit(At(1));
        cache.BeginCommit(Changes(At(2)));

        cache.Reveal("merchant-2");

        Assert.Equal(1, Cached());
    }

    [Fact]
    public void A_merchant_whose_commit_failed_is_no_longer_cached_and_can_be_read_again()
    {
        Commit(At(1));
        var stamp = cache.Stamp(M);
        cache.BeginCommit(Changes(At(2)));
        cache.Abandon(Changes(At(2)));
        Assert.Null(Cached());

        cache.Fill(At(1), stamp);
        Assert.Null(Cached());

        cache.Fill(At(2), cache.Stamp(M));
        Assert.Equal(2, Cached());
    }

    [Fact]
    public void A_read_from_before_the_cache_was_cleared_is_not_cached()
    {
        var stamp = cache.Stamp(M);

        cache.Clear();
        cache.Fill(At(1), stamp);

        Assert.Null(Cached());
    }

    [Fact]
    public void The_cache_is_bounded()
    {
        for (var n = 0; n < 1_000; n++)
        {
            Commit(At(1, $"merchant-{n}"));
        }

        Assert.Equal(100_000 / CacheSize.Of(0), Enumerable.Range(0, 1_000).Count(n => Cached($"merchant-{n}") is not null));
    }

    [Fact]
    public void A_cache_without_capacity_holds_nothing()
    {
        var none = new SqliteCache(capacity: 0);

        none.Fill(At(1), none.Stamp(M));
        none.BeginCommit(Changes(At(2)));
        none.Publish(Changes(At(2)));

        Assert.Null(none.Find(M));
    }

    private static CachedMerchant At(long revision, string merchantId = M) => new(
        new StoredMerchant(MerchantRecord.Unknown(merchantId) with { Revision = revision }, (ulong)revision),
        EncodedSize: 0,
        IsIndexed: true,
        Due: null);

    private static Dictionary<string, CachedMerchant> Changes(CachedMerchant merchant) => new() { [merchant.Stored.Record.MerchantId] = merchant };

    private void Commit(CachedMerchant merchant)
    {
        cache.BeginCommit(Changes(merchant));
        cache.Publish(Changes(merchant));
    }

    private long? Cached(string merchantId = M) => cache.Find(merchantId)?.Stored.Record.Revision;
}
