using System.Collections.Concurrent;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Every operation of the store works on Sentinel and on a Cluster, for merchants of all partitions.</summary>
public sealed class DeploymentStoreTests
{
    private static readonly string[] Merchants = [.. Enumerable.Range(0, 30).Select(n => $"merchant-{n}")];

    [Fact]
    public async Task Every_store_operation_works_on_Sentinel()
    {
        await using var redis = await SentinelDeployment.StartAsync();
        await CheckAsync(redis.Configuration);
    }

    [Fact]
    public async Task Every_store_operation_works_on_a_Cluster()
    {
        await using var cluster = await ClusterDeployment.StartAsync();
        await CheckAsync(cluster.Configuration);
    }

    [Fact]
    public async Task Merchants_of_a_slot_that_moves_are_read_together_at_each_step()
    {
        await using var cluster = await ClusterDeployment.StartAsync();
        await using var store = new RedisStore(
            Options.Create(new StoreOptions { Redis = { Configuration = cluster.Configuration } }), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);
        string[] together = [.. Enumerable.Range(0, 10_000).Select(n => $"merchant-{n}").Where(id => Partition.Of(id) == 0).Take(5)];
        foreach (var merchant in together)
        {
            var revoked = StoreSamples.Connected(StoreSamples.Page) with { State = State.Revoked, Cause = Cause.PermissionRevoked };
            var commit = StoreSamples.After(await store.ReadAsync(merchant, default), MerchantRecord.Unknown(merchant) with { Connections = [revoked] });
            Assert.True((await store.CommitAsync(commit, default)).Succeeded);
        }

        var slot = await cluster.SlotOfMerchantAsync(together[0]);
        var from = await cluster.ShardAsync(slot);
        var move = await cluster.BeginMoveAsync(from, (from + 1) % ClusterDeployment.Shards, slot);
        do
        {
            var read = await store.ReadManyAsync([.. together], MerchantParts.PageList, default);
            Assert.All(read, merchant => Assert.Equal(1, merchant.Merchant?.Record.Revision));
            var lost = await store.ReadLostAsync([new(Provider.Facebook, State.Revoked), new(Provider.Zalo, State.Expired)], default, 10, default);
            Assert.Equal(together.Order(StringComparer.Ordinal), lost.Select(connection => connection.MerchantId));
        }
        while (await move.MoveSomeAsync(1) > 0);

        await cluster.FinishMoveAsync(move);
    }

    private static async Task CheckAsync(string configuration)
    {
        await using var store = new RedisStore(
            Options.Create(new StoreOptions { Redis = { Configuration = configuration } }), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);
        var notified = new ConcurrentDictionary<string, bool>();
        using var listening = store.Subscribe(merchant => notified[merchant] = true, () => { });

        var now = await store.GetTimeAsync(default);
        foreach (var merchant in Merchants)
        {
            var record = MerchantRecord.Unknown(merchant) with { Connections = [StoreSamples.Connected(StoreSamples.Page)] };
            var claim = new Claim(merchant, StoreSamples.Page, now);
            var commit = StoreSamples.After(new StoredMerchant(MerchantRecord.Unknown(merchant), 0), record, now.AddSeconds(-1), claim);
            Assert.True((await store.CommitAsync(commit, default)).Succeeded);
            Assert.False((await store.CommitAsync(commit, default)).Succeeded);
            Assert.Equal(commit.Commit.Id, (await store.ReadAsync(merchant, default)).CommitId);
            Assert.Equal([commit.Commit.Id], (await store.ReadCommitsAsync(merchant, 0, 10, default)).Select(c => c.Id));
        }

        Assert.All(await store.ReadPositionsAsync([.. Merchants], default), place => Assert.Equal(1, place?.Revision));
        Assert.Equal(Merchants.Order(StringComparer.Ordinal), await store.FindMerchantsAsync(StoreSamples.Page, default));
        await Eventually.TrueAsync(() => Task.FromResult(notified.Count == Merchants.Length));
        await SettleAsync(store);
    }

    private static async Task SettleAsync(RedisStore store)
    {
        foreach (var due in await store.FindDueAsync(100, default))
        {
            await store.RescheduleAsync(due, null, default);
        }

        var claims = await store.FindClaimsAsync(default).ToArrayAsync();
        Assert.Equal(Merchants.Length, claims.Length);
        foreach (var claim in claims)
        {
            await store.RemoveClaimAsync(claim, default);
        }

        Assert.Empty(await store.FindDueAsync(100, default));
        Assert.Empty(await store.FindClaimsAsync(default).ToArrayAsync());
        await store.CheckAsync(default);
    }
}
