using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.SystemTests.Stores;

/// <summary>The record of a single merchant is restored from an older copy.</summary>
public sealed class RestoredMerchantTests
{
    private const string M = "merchant-1";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Commits_after_a_restored_record_continue_from_it_and_remove_newer_history(int copied)
    {
        await using var server = await RedisServer.StartAsync();
        var options = server.NewStoreOptions();
        await using var store = new RedisStore(Options.Create(options), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);
        var key = (string)RedisKeys.Merchant(RedisKeys.PartitionOf(M), M)!;

        var ids = await CommitAsync(store, copied);
        var copy = (await server.CommandAsync("DUMP", key)).Bytes!;
        await CommitAsync(store, 4);
        await server.CommandAsync("RESTORE", key, "0", copy, "REPLACE");

        // The first commit finds that the cached record is stale.
        Assert.False((await store.CommitAsync(StoreSamples.After(store.TryGetCached(M)!), default)).Succeeded);
        ids = [.. ids, .. await CommitAsync(store, 3)];

        var history = await store.ReadCommitsAsync(M, 0, 100, CancellationToken.None);
        Assert.Equal(ids, history.Select(commit => commit.Id));
        Assert.Equal([0, .. ids[..^1]], history.Select(commit => commit.PreviousId));
        Assert.Equal(Enumerable.Range(1, copied + 3).Select(n => (long)n), history.Select(commit => commit.Revision));
    }

    [Fact]
    public async Task A_lost_connection_is_listed_once_whatever_other_times_its_set_has()
    {
        await using var server = await RedisServer.StartAsync();
        await using var service = await Service.StartAsync(new() { ["Store:Kind"] = "Redis", ["Store:Redis:Configuration"] = server.Configuration });
        var shop = service.NewMerchant();
        await shop.ConnectAsync(ApiMerchant.A);
        await shop.ReportAsync(ApiMerchant.A, Signal.PermissionRevoked);
        var since = (await shop.FindAsync(ApiMerchant.A)).StateSince.ToDateTimeOffset().ToUnixTimeMilliseconds();
        var set = (string)RedisKeys.Lost(RedisKeys.PartitionOf(shop.Id), Core.Provider.Facebook, Core.State.Revoked)!;
        Assert.Equal([EntryAt(since)], (await server.CommandAsync("ZRANGE", set, "0", "-1")).Items.Select(item => item.Text));

        await server.CommandAsync("ZADD", set, "0", EntryAt(since - 60_000), "0", EntryAt(since + 60_000));
        Assert.Equal([ApiMerchant.A], await LostAsync());

        // As after it was restored from a copy with an earlier time, and with a later one, which its set must be told.
        await server.CommandAsync("ZREM", set, EntryAt(since), EntryAt(since - 60_000));
        Assert.Equal([ApiMerchant.A], await LostAsync());
        await server.CommandAsync("ZREM", set, EntryAt(since + 60_000));
        await server.CommandAsync("ZADD", set, "0", EntryAt(since - 60_000));
        Assert.Empty(await LostAsync());
        await server.CommandAsync("ZADD", set, "0", EntryAt(since));
        Assert.Equal([ApiMerchant.A], await LostAsync());

        string EntryAt(long time) => $"{time:D15} {shop.Id} {ApiMerchant.A.PageId}";

        async Task<IEnumerable<PageRef>> LostAsync() =>
            (await service.Client.Fleet.ListConnectionsAsync(new())).Connections.Select(listed => listed.Connection.Page);
    }

    private static async Task<ulong[]> CommitAsync(RedisStore store, int times)
    {
        var ids = new ulong[times];
        for (var n = 0; n < times; n++)
        {
            var result = await store.CommitAsync(StoreSamples.After(await store.ReadAsync(M, default)), default);
            Assert.True(result.Succeeded);
            ids[n] = result.Current.CommitId;
        }

        return ids;
    }
}
