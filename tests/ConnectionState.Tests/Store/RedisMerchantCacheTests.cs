using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>The cache of the store on Redis, between the answers to commits and their notifications.</summary>
public sealed class RedisMerchantCacheTests
{
    private const string M = "merchant-1";

    private readonly MerchantCache cache = new(capacity: 1_000_000);

    [Theory]
    [InlineData(4, 40UL)]
    [InlineData(3, 31UL)]
    public void The_notification_of_a_commit_that_is_not_cached_removes_the_merchant(long revision, ulong commitId)
    {
        cache.Set(At(3, 30));

        cache.RemoveIfBehind(M, new HistoryPosition(revision, commitId));

        Assert.Null(cache.TryGetCached(M));
    }

    [Fact]
    public void What_a_merchant_remembers_is_kept_when_it_is_removed_because_of_a_notification()
    {
        cache.Set(At(3, 30));
        cache.RemoveIfBehind(M, new HistoryPosition(4, 40));
        Assert.Equal(new HistoryPosition(3, 30), cache.FindEarlier(M)!.Position);

        cache.SetCommitted(At(4, 40));
        Assert.Equal(new HistoryPosition(4, 40), cache.TryGetCached(M)!.Position);

        cache.Remove(M);
        Assert.Null(cache.FindEarlier(M));
    }

    [Theory]
    [InlineData(3, 30UL)]
    [InlineData(2, 20UL)]
    public void The_notification_of_a_commit_that_is_cached_or_older_changes_nothing(long revision, ulong commitId)
    {
        cache.SetCommitted(At(3, 30));

        cache.RemoveIfBehind(M, new HistoryPosition(revision, commitId));

        Assert.Equal(new HistoryPosition(3, 30), cache.TryGetCached(M)!.Position);
    }

    [Fact]
    public void The_answer_to_a_commit_does_not_replace_a_later_one()
    {
        cache.SetCommitted(At(3, 30));
        cache.SetCommitted(At(4, 40));
        cache.SetCommitted(At(3, 30));

        Assert.Equal(new HistoryPosition(4, 40), cache.TryGetCached(M)!.Position);
    }

    [Fact]
    public void A_merchant_that_was_read_replaces_any_other()
    {
        cache.SetCommitted(At(4, 40));
        cache.Set(At(3, 31));

        Assert.Equal(new HistoryPosition(3, 31), cache.TryGetCached(M)!.Position);
    }

    // A list that is read for a watch must not make the next change read all remembered requests again.
    [Fact]
    public void A_merchant_that_was_read_without_its_requests_keeps_those_known_before()
    {
        cache.SetCommitted(At(3, 30));
        cache.RemoveIfBehind(M, new HistoryPosition(4, 40));
        cache.Set(WithoutRequests(At(4, 40)));

        Assert.Equal(4, cache.TryGetCached(M)!.Position.Revision);
        Assert.Equal(3, cache.FindEarlier(M)!.Position.Revision);

        cache.RemoveIfBehind(M, new HistoryPosition(5, 50));
        Assert.Null(cache.TryGetCached(M));
        Assert.Equal(3, cache.FindEarlier(M)!.Position.Revision);

        cache.Set(At(5, 50));
        Assert.Same(cache.TryGetCached(M), cache.FindEarlier(M));
    }

    [Fact]
    public void The_cache_is_bounded_in_bytes()
    {
        var small = StoreSamples.FullRecord(M) with { Connections = [], Sessions = [] };
        var large = small with { Connections = [.. Enumerable.Range(0, 100).Select(n => StoreSamples.Connected(new(Provider.Facebook, $"page-{n}")))] };

        Assert.Equal(1_000_000 / CacheSize.Of(small), Cached(small));
        Assert.Equal(1_000_000 / CacheSize.Of(large), Cached(large));

        int Cached(MerchantRecord record)
        {
            var cache = new MerchantCache(capacity: 1_000_000);
            string[] ids = [.. Enumerable.Range(1_000, 2_000).Select(n => $"merchant-{n}")];
            Array.ForEach(ids, id => cache.Set(new StoredMerchant(record with { MerchantId = id }, 1)));
            return ids.Count(id => cache.TryGetCached(id) is not null);
        }
    }

    [Fact]
    public void A_cache_without_capacity_holds_nothing()
    {
        var none = new MerchantCache(capacity: 0);

        none.Set(At(1, 10));

        Assert.Null(none.TryGetCached(M));
    }

    private static StoredMerchant WithoutRequests(StoredMerchant stored) =>
        stored with { Record = stored.Record with { RequestSpan = new RequestSpan(1, 1) } };

    private static StoredMerchant At(long revision, ulong commitId) => new(StoreSamples.FullRecord(M) with { Revision = revision }, commitId);
}
