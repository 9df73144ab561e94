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
        Assert.Equal(
            new LostConnection(lost.StateSince.ToUnixTimeMilliseconds(), M, OtherPage.PageId, new(OtherPage.Provider, State.Revoked)),
            Assert.Single(await LostAsync(State.Revoked)));

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

        async Task<IEnumerable<LostConnection>> LostAsync(State state) => await store.ReadLostAsync([new(OtherPage.Provider, state)], default, 10, default);
    }

    [Fact]
    public async Task A_loss_is_counted_on_its_day_whatever_follows()
    {
        var connected = StoreSamples.Connected(Page);
        var day = DateOnly.FromDateTime(StoreSamples.Time.UtcDateTime);
        var revoked = connected with { State = State.Revoked, Cause = Cause.RoleLost, StateSince = StoreSamples.Time.AddHours(1) };
        foreach (var id in new[] { "a", "b", "c" })
        {
            await StoreAsync(id, connected with { State = State.Pending });
            await StoreAsync(id, connected);
            await StoreAsync(id, revoked);
            await StoreAsync(id, revoked with { State = State.Deleted, Cause = Cause.PageDeleted });
            await StoreAsync(id);
        }

        await StoreAsync("c", connected);
        await StoreAsync("c", revoked with { StateSince = StoreSamples.Time.AddDays(40) });
        await StoreAsync("d", revoked);

        var kind = new ListedKind(Page.Provider, State.Revoked, Cause.RoleLost);
        Assert.Equal(
            [(new LossDay(day, kind), 3L), (new LossDay(day.AddDays(40), kind), 1)],
            (await store.ReadLossesAsync(day.AddDays(-10), day.AddDays(60), default)).OrderBy(loss => loss.Key.Day).Select(loss => (loss.Key, loss.Value)));
        Assert.Equal(1, Assert.Single(await store.ReadLossesAsync(day.AddDays(1), day.AddDays(40), default)).Value);
        Assert.Empty(await store.ReadLossesAsync(day.AddDays(1), day.AddDays(39), default));

        async Task StoreAsync(string id, params Connection[] connections)
        {
            var read = await ReadAsync(id);
            await MustCommitAsync(StoreSamples.After(read, read.Record with { Connections = [.. connections] }));
        }
    }

    [Fact]
    public async Task Lost_connections_of_all_merchants_are_in_order_and_are_read_from_any_place()
    {
        // Few times, so that many are alike; ids of which one begins with another, and characters before and after a slash; pages of two providers with
        // one id; a time whose milliseconds have a digit less.
        var random = new Random(7);
        State[] states = [State.Expired, State.Revoked, State.Deleted, State.Disconnected];
        string[] ids = ["a", "a-", "a.", "a0", "a:", "aa", .. Enumerable.Range(0, 40).Select(n => $"shop-{n}")];
        var lost = new List<LostConnection>();
        foreach (var id in ids)
        {
            Connection[] connections =
            [
                .. Enumerable.Range(0, random.Next(1, 4)).Select(n => StoreSamples.Connected(new(n % 2 == 0 ? Provider.Facebook : Provider.Zalo, $"p-{n / 2}")) with
                {
                    State = states[random.Next(states.Length)],
                    Cause = Cause.SignedInElsewhere,
                    StateSince = random.Next(8) == 0 ? DateTimeOffset.FromUnixTimeMilliseconds(999_999_999_999) : StoreSamples.Time.AddMinutes(random.Next(3)),
                }),
            ];
            await MustCommitAsync(StoreSamples.After(await ReadAsync(id), StoreSamples.FullRecord(id) with { Connections = [.. connections] }));
            lost.AddRange(connections.Select(c => new LostConnection(c.StateSince.ToUnixTimeMilliseconds(), id, c.Page.PageId, new(c.Page.Provider, c.State))));
        }

        lost.Sort();
        for (var round = 0; round < 2 * lost.Count; round++)
        {
            LostKind[] kinds = [.. from provider in Enum.GetValues<Provider>() from state in states where random.Next(3) > 0 select new LostKind(provider, state)];
            var after = round % 8 == 0 ? new(StoreSamples.Time.AddMinutes(1).ToUnixTimeMilliseconds(), "", "", default) : lost[round / 2];
            var limit = random.Next(1, 120);

            var found = await store.ReadLostAsync([.. kinds], after, limit, default);

            Assert.Equal(lost.Where(c => kinds.Contains(c.Kind) && c.CompareTo(after) > 0).Take(limit), found);
        }

        Assert.Equal(lost, await store.ReadLostAsync([.. lost.Select(c => c.Kind).Distinct()], default, 1_000, default));
    }

    [Fact]
    public async Task Merchants_of_all_partitions_are_in_order_and_are_read_by_what_their_ids_begin_with()
    {
        string[] ids = [.. Enumerable.Range(0, 60).Select(n => $"shop-{n}"), "a", "a-", "a.", "a1", "a:b", "aB", "az", "b"];
        foreach (var id in ids)
        {
            await MustCommitAsync(StoreSamples.After(await ReadAsync(id)));
        }

        Array.Sort(ids, StringComparer.Ordinal);
        foreach (var (prefix, after, limit) in new[]
        {
            ("", "", 1), ("", "", 1_000), ("", "az", 5), ("a", "", 1_000), ("a", "a.", 3), ("shop-1", "", 1_000), ("shop-1", "shop-10", 4), ("shop-6", "", 10), ("b", "zz", 10), ("shop-5", "a", 20),
        })
        {
            var expected = ids.Where(id => id.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(id, after) > 0).Take(limit);
            Assert.Equal(expected, await store.ReadMerchantIdsAsync(prefix, after, limit, default));
        }
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
        Assert.Equal([("biller", first), ("mailer", second)], await store.ReadConsumersAsync("", 10, default), SameConsumer);
    }

    [Fact]
    public async Task A_consumer_is_removed_by_an_empty_replacement_and_can_come_again()
    {
        byte[] state = [1, 2];
        await store.ReplaceConsumerAsync("mailer", [], state, default);

        Assert.Equal(state, await store.ReplaceConsumerAsync("mailer", [3], [], default));
        Assert.Empty((await store.ReplaceConsumerAsync("mailer", state, [], default))!);
        Assert.Empty(await store.ReadConsumerAsync("mailer", default));
        Assert.Empty(await store.ReadConsumersAsync("", 10, default));
        Assert.Empty((await store.ReplaceConsumerAsync("mailer", [], [], default))!);
        Assert.Equal(state, await store.ReplaceConsumerAsync("mailer", [], state, default));
    }

    [Fact]
    public async Task Consumers_are_read_page_by_page_and_there_is_no_room_for_one_more_than_the_maximum()
    {
        string[] names = [.. Enumerable.Range(0, IFeedConsumers.MaxConsumers).Select(n => $"consumer-{n}")];
        foreach (var name in names)
        {
            Assert.NotNull(await store.ReplaceConsumerAsync(name, [], [1], default));
        }

        Assert.Null(await store.ReplaceConsumerAsync("one-more", [], [1], default));
        Assert.Empty(await store.ReadConsumerAsync("one-more", default));
        Assert.NotNull(await store.ReplaceConsumerAsync(names[7], [1], [2], default));

        var read = new List<string>();
        while (await store.ReadConsumersAsync(read.LastOrDefault(""), 100, default) is { IsEmpty: false } page)
        {
            Assert.InRange(page.Length, 1, 100);
            read.AddRange(page.Select(consumer => consumer.Name));
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), read);
        await store.ReplaceConsumerAsync(names[7], [2], [], default);
        Assert.NotNull(await store.ReplaceConsumerAsync("one-more", [], [1], default));
    }

    private static bool SameConsumer((string Name, byte[] State) one, (string Name, byte[] State) other) =>
        one.Name == other.Name && one.State.AsSpan().SequenceEqual(other.State);

    private int LaneOf(string merchantId) => store.FeedLanes == 1 ? 0 : Partition.Of(merchantId);
}
