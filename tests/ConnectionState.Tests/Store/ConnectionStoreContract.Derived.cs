using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>This part: the feed, the directory, the tally and the index of lost connections.</summary>
public abstract partial class ConnectionStoreContract
{
    /// <summary>The number of commits that the feed of a partition keeps, at least.</summary>
    private protected const int KeptInFeed = 2;

    [Fact]
    public async Task Commits_are_in_the_feed_in_their_order()
    {
        var first = StoreSamples.After(await ReadAsync(M));
        var second = StoreSamples.After(await MustCommitAsync(first));
        await MustCommitAsync(second);

        var feed = await store.ReadFeedAsync(LaneOf(M), 0, 10, default);

        Assert.Equal(
            [new FeedEntry(1, M, new(1, first.Commit.Id)), new FeedEntry(2, M, new(2, second.Commit.Id))], feed.AsEnumerable());
        Assert.Equal(feed[1], Assert.Single(await store.ReadFeedAsync(LaneOf(M), 2, 10, default)));
        Assert.Equal(feed[0], Assert.Single(await store.ReadFeedAsync(LaneOf(M), 0, 1, default)));
        Assert.Empty(await store.ReadFeedAsync(LaneOf(M), 3, 10, default));
        Assert.Equal(new FeedSpan(feed[0].Point, feed[1].Point), (await store.ReadFeedSpansAsync(default))[LaneOf(M)]);
    }

    [Fact]
    public async Task A_failed_commit_is_not_in_the_feed_and_takes_no_number()
    {
        var read = await MustCommitAsync(StoreSamples.After(await ReadAsync(M)));
        Assert.False((await CommitAsync(StoreSamples.After(read with { CommitId = 1 }, StoreSamples.FullRecord(M)))).Succeeded);
        await MustCommitAsync(StoreSamples.After(read));

        Assert.Equal([1, 2], (await store.ReadFeedAsync(LaneOf(M), 0, 10, default)).Select(entry => entry.Number));
        await DerivedData.AssertMatchesAsync(store, M);
    }

    [Fact]
    public async Task Old_entries_of_the_feed_are_trimmed_and_the_newest_are_kept()
    {
        var read = await ReadAsync(M);
        for (var n = 0; n < 1_100; n++)
        {
            read = await MustCommitAsync(StoreSamples.After(read));
        }

        var feed = await store.ReadFeedAsync(LaneOf(M), 0, 10_000, default);
        Assert.InRange(feed.Length, KeptInFeed, 1_000);
        Assert.Equal(Enumerable.Range(1_101 - feed.Length, feed.Length).Select(n => (long)n), feed.Select(entry => entry.Number));
        Assert.Equal(new FeedSpan(feed[0].Point, new(1_100, read.CommitId)), (await store.ReadFeedSpansAsync(default))[LaneOf(M)]);
        await DerivedData.AssertMatchesAsync(store, M);
    }

    [Fact]
    public async Task A_feed_without_commits_has_an_empty_span() =>
        Assert.All(await store.ReadFeedSpansAsync(default), span => Assert.Equal(default(FeedSpan), span));

    [Fact]
    public async Task The_directory_has_the_merchants_of_a_partition_in_the_order_of_their_ids()
    {
        string[] ids = [.. Enumerable.Range(0, 3_000).Select(n => $"shop-{n}").Where(id => Partition.Of(id) == 7).Order(StringComparer.Ordinal)];
        foreach (var id in ids.Reverse())
        {
            await MustCommitAsync(StoreSamples.After(await MustCommitAsync(StoreSamples.After(await ReadAsync(id)))));
        }

        Assert.True(ids.Length > 5);
        Assert.Equal(ids, await store.ReadDirectoryAsync(7, "", 100, default));
        Assert.Equal(ids[1..3], await store.ReadDirectoryAsync(7, ids[0], 2, default));
        Assert.Empty(await store.ReadDirectoryAsync(7, ids[^1], 100, default));
        Assert.Empty(await store.ReadDirectoryAsync(8, "", 100, default));
    }

    [Fact]
    public async Task The_tally_counts_listed_connections_and_the_index_has_those_that_are_lost()
    {
        var (kept, lost) = (StoreSamples.Connected(Page), StoreSamples.Connected(OtherPage));
        var connected = new ListedKind(OtherPage.Provider, State.Connected, Cause.None);
        await StoreAsync(kept, lost);
        Assert.Equal((2, 1), ((await store.ReadTallyAsync(default)).Count, (await store.ReadTallyAsync(default))[connected]));
        Assert.Empty(await LostAsync(State.Connected));

        lost = lost with { State = State.Revoked, Cause = Cause.RoleLost, StateSince = StoreSamples.Time.AddHours(1) };
        await StoreAsync(kept, lost);
        Assert.Equal(1, (await store.ReadTallyAsync(default))[new(OtherPage.Provider, State.Revoked, Cause.RoleLost)]);
        Assert.Equal(new LostConnection(M, OtherPage.PageId, lost.StateSince.ToUnixTimeMilliseconds()), Assert.Single(await LostAsync(State.Revoked)));

        // The cause alone, the time alone, another lost state, a page that leaves the list, and one that leaves the record.
        await StoreAsync(kept, lost with { Cause = Cause.PermissionRevoked });
        await StoreAsync(kept, lost with { Cause = Cause.PermissionRevoked, StateSince = lost.StateSince.AddHours(1) });
        await StoreAsync(kept, lost with { State = State.Deleted, Cause = Cause.PageDeleted });
        Assert.Empty(await LostAsync(State.Revoked));
        await StoreAsync(kept, lost with { State = State.Deleted, Cause = Cause.PageDeleted, Acknowledged = true });
        Assert.Empty(await LostAsync(State.Deleted));
        await StoreAsync(kept with { State = State.Expired, Cause = Cause.TokenExpired });
        await StoreAsync();
        Assert.Empty(await store.ReadTallyAsync(default));

        async Task StoreAsync(params Connection[] connections)
        {
            var read = await ReadAsync(M);
            await MustCommitAsync(StoreSamples.After(read, read.Record with { Connections = [.. connections] }));
            await DerivedData.AssertMatchesAsync(store, M);
        }

        async Task<IEnumerable<LostConnection>> LostAsync(State state) => await store.ReadLostAsync(Partition.Of(M), OtherPage.Provider, state, default);
    }

    [Fact]
    public async Task Derived_data_survives_closing_and_reopening_the_store_and_continues()
    {
        var request = StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M));
        await MustCommitAsync(request);

        await CloseAsync(store);
        store = await OpenAsync(clock, Kept);
        await DerivedData.AssertMatchesAsync(store, M);
        await MustCommitAsync(StoreSamples.After(await ReadAsync(M), StoreSamples.FullRecord(M) with { Connections = [] }));

        Assert.Equal([1, 2], (await store.ReadFeedAsync(LaneOf(M), 0, 10, default)).Select(entry => entry.Number));
        await DerivedData.AssertMatchesAsync(store, M);
    }

    [Fact]
    public async Task A_consumer_is_replaced_only_if_it_is_the_expected_one()
    {
        byte[] first = [1, 2], second = [0, 255, 3];
        Assert.Empty(await store.ReadConsumerAsync("mailer", default));

        Assert.Equal(first, await store.ReplaceConsumerAsync("mailer", [], first, default));
        Assert.Equal(first, await store.ReplaceConsumerAsync("mailer", [], second, default));
        Assert.Equal(second, await store.ReplaceConsumerAsync("mailer", first, second, default));
        await store.ReplaceConsumerAsync("biller", [], first, default);

        Assert.Equal(second, await store.ReadConsumerAsync("mailer", default));
        var all = await store.ReadConsumersAsync(default);
        Assert.Equal(["biller", "mailer"], all.Keys.Order());
        Assert.Equal(second, all["mailer"]);
    }

    private int LaneOf(string merchantId) => store.FeedLanes == 1 ? 0 : Partition.Of(merchantId);
}
