using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// Rebuilds what a store derives from its merchants (directory, tally, index of lost connections, feed, the merchants of pages and accounts) from the
/// records and the histories, and compares it with what is stored.
/// </summary>
internal sealed class DerivedData
{
    private const int PageSize = 100;
    private const int MaxCommits = 1_000_000;

    // The timer of a service may commit while the data is read. Then it is read again.
    private const int MaxReads = 20;

    private readonly IConnectionStore store;
    private readonly Dictionary<string, StoredMerchant> merchants = new(StringComparer.Ordinal);
    private readonly List<string> violations = [];

    private DerivedData(IConnectionStore store) => this.store = store;

    /// <summary>Asserts that the derived data is what the records say.</summary>
    /// <param name="store">The store.</param>
    /// <param name="known">Merchants that may be stored: they must be in the directory if they are.</param>
    public static async Task AssertMatchesAsync(IConnectionStore store, params IEnumerable<string> known)
    {
        var violations = await CheckAsync(store, known);
        Assert.True(violations.Count == 0, $"{violations.Count} violations:\n{string.Join('\n', violations.Take(20))}");
    }

    /// <summary>Returns what is wrong with the derived data.</summary>
    public static async Task<IReadOnlyList<string>> CheckAsync(IConnectionStore store, params IEnumerable<string> known)
    {
        for (var reads = 1; ; reads++)
        {
            var check = new DerivedData(store);
            var before = await store.ReadFeedSpansAsync(default);
            await check.ReadDirectoryAsync(known);
            await check.CheckTallyAsync();
            await check.CheckLostAsync();
            await check.CheckMerchantIndexAsync();
            await check.CheckFeedAsync();
            if (check.violations.Count == 0 || before.SequenceEqual(await store.ReadFeedSpansAsync(default)))
            {
                return check.violations;
            }

            Assert.True(reads < MaxReads, "Merchants change all the time.");
        }
    }

    private async Task ReadDirectoryAsync(IEnumerable<string> known)
    {
        for (var partition = 0; partition < Partition.Count; partition++)
        {
            var after = "";
            while (await store.ReadDirectoryAsync(partition, after, PageSize, default) is { Length: > 0 } page)
            {
                foreach (var id in page)
                {
                    Expect(string.CompareOrdinal(after, id) < 0, $"the directory of partition {partition} has '{id}' after '{after}'");
                    Expect(Partition.Of(id) == partition, $"'{id}' is in the directory of partition {partition}");
                    merchants[id] = await store.ReadAsync(id, MerchantParts.PageList, default);
                    Expect(merchants[id].Position != default, $"'{id}' is in the directory and is not stored");
                    after = id;
                }
            }
        }

        foreach (var id in known.Except(merchants.Keys))
        {
            Expect((await store.ReadAsync(id, MerchantParts.PageList, default)).Position == default, $"'{id}' is stored and is not in the directory");
        }
    }

    private async Task CheckTallyAsync()
    {
        var expected = Listed()
            .GroupBy(c => new ListedKind(c.Connection.Page.Provider, c.Connection.State, c.Connection.Cause))
            .ToDictionary(group => group.Key, group => (long)group.Count());
        var tally = await store.ReadTallyAsync(default);
        foreach (var kind in tally.Keys.Union(expected.Keys))
        {
            var (counted, actual) = (tally.GetValueOrDefault(kind), expected.GetValueOrDefault(kind));
            Expect(counted == actual, $"the tally of {kind} is {counted}, and there are {actual}");
        }
    }

    private async Task CheckLostAsync()
    {
        LostKind[] kinds = [.. from provider in Enum.GetValues<Provider>() from state in Enum.GetValues<State>() select new LostKind(provider, state)];
        var found = new List<LostConnection>();
        while (await store.ReadLostAsync([.. kinds], found.LastOrDefault(), PageSize, default) is { Length: > 0 } page)
        {
            found.AddRange(page);
        }

        var expected = Listed().Where(c => c.Connection.IsLost).Select(c => new LostConnection(
            c.Connection.StateSince.ToUnixTimeMilliseconds(),
            c.MerchantId,
            c.Connection.Page.PageId,
            new(c.Connection.Page.Provider, c.Connection.State))).Order();
        Expect(found.SequenceEqual(expected), $"the index has as lost [{string.Join(", ", found)}] in place of [{string.Join(", ", expected)}]");
    }

    // On Redis, the index may name too many merchants, never too few.
    private async Task CheckMerchantIndexAsync()
    {
        foreach (var page in merchants.Values.SelectMany(merchant => merchant.Record.Connections).Select(c => c.Page).Distinct())
        {
            Compare($"page {page}", await store.FindMerchantsAsync(page, default), Listed().Where(c => c.Connection.Page == page));
        }

        foreach (var account in merchants.Values.SelectMany(merchant => merchant.Record.Connections).Select(c => c.Account).Distinct())
        {
            Compare($"account {account}", await store.FindMerchantsAsync(account, default), Listed().Where(c => c.Connection.Account == account));
        }

        void Compare(string what, IEnumerable<string> indexed, IEnumerable<(string MerchantId, Connection Connection)> listed)
        {
            string[] expected = [.. listed.Select(c => c.MerchantId).Distinct()];
            foreach (var id in expected.Except(indexed))
            {
                Expect(false, $"'{id}' has {what} listed and is not in its index");
            }

            foreach (var id in indexed.Except(expected).Where(_ => store is SqliteStore or InterceptedStore))
            {
                Expect(false, $"'{id}' is in the index of {what} and does not list it");
            }
        }
    }

    private async Task CheckFeedAsync()
    {
        var spans = await store.ReadFeedSpansAsync(default);
        var entries = new List<FeedEntry>();
        for (var lane = 0; lane < store.FeedLanes; lane++)
        {
            var from = 0L;
            var previous = spans[lane]!.Value.First.Number - 1;
            while (await store.ReadFeedAsync(lane, from, PageSize, default) is { Length: > 0 } page)
            {
                foreach (var entry in page)
                {
                    Expect(entry.Number == previous + 1, $"lane {lane} has entry {entry.Number} after {previous}");
                    previous = entry.Number;
                }

                entries.AddRange(page);
                from = previous + 1;
            }

            Expect(spans[lane]!.Value.Last.Number == Math.Max(previous, 0), $"lane {lane} ends with {spans[lane]!.Value.Last}, read up to {previous}");
        }

        // Entries may be trimmed, and then the oldest of a merchant are missing.
        var feed = entries.ToLookup(entry => entry.MerchantId);
        foreach (var (id, merchant) in merchants)
        {
            var lane = store.FeedLanes == 1 ? 0 : Partition.Of(id);
            await CheckFeedOfAsync(id, merchant.Position, [.. feed[id].Select(entry => entry.Position)], isTrimmed: spans[lane]!.Value.First.Number > 1);
        }

        foreach (var id in feed.Select(group => group.Key).Except(merchants.Keys))
        {
            // An erased merchant stays in the feed until its entries are trimmed.
            Expect((await store.ReadAsync(id, MerchantParts.PageList, default)).Position == default, $"'{id}' is in the feed and stored, and not in the directory");
        }
    }

    private async Task CheckFeedOfAsync(string id, HistoryPosition current, HistoryPosition[] feed, bool isTrimmed)
    {
        if (feed.Length == 0)
        {
            Expect(isTrimmed, $"'{id}' is not in the feed");
            return;
        }

        // A merchant that came back after an erasure has a new history.
        feed = [.. feed.Skip(feed.Index().Last(entry => entry.Index == 0 || entry.Item.Revision <= feed[entry.Index - 1].Revision).Index)];
        Expect(feed[^1] == current, $"the newest entry of '{id}' in the feed is {feed[^1]}, and the merchant is at {current}");
        var history = (await store.ReadCommitsAsync(id, 0, MaxCommits, default)).Select(c => new HistoryPosition(c.Revision, c.Id)).ToArray();
        var common = Math.Min(history.Length, feed.Length);
        Expect(history.TakeLast(common).SequenceEqual(feed.TakeLast(common)), $"the feed of '{id}' is [{string.Join(", ", feed)}], its history [{string.Join(", ", history)}]");
        Expect(isTrimmed || feed.Length >= history.Length, $"the feed has {feed.Length} of the {history.Length} commits of '{id}'");
    }

    private IEnumerable<(string MerchantId, Connection Connection)> Listed() =>
        merchants.SelectMany(merchant => merchant.Value.Record.Connections.Where(c => c.IsListed).Select(c => (merchant.Key, c)));

    private void Expect(bool holds, string otherwise)
    {
        if (!holds)
        {
            violations.Add(otherwise);
        }
    }
}
