using System.Text.RegularExpressions;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.SystemTests.Redis.StoredMerchants;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>How many commands an operation of the store costs Redis.</summary>
public sealed class RedisCommandCountTests : IAsyncLifetime
{
    private RedisServer redis = null!;

    public async Task InitializeAsync() => redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await redis.DisposeAsync();

    [Fact]
    public async Task Fifty_callers_that_find_the_clock_stale_share_one_TIME_command()
    {
        await using var store = RedisStartTests.NewStore(redis.Configuration, timeoutSeconds: 10);
        await store.OpenAsync(CancellationToken.None);
        await redis.CommandAsync("CONFIG", "RESETSTAT");

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => await store.GetTimeAsync(CancellationToken.None)));

        Assert.Equal(1, await CallsAsync("time"));
    }

    [Fact]
    public async Task A_readiness_check_writes_one_key_and_publishes_nothing()
    {
        await using var store = RedisStartTests.NewStore(redis.Configuration, timeoutSeconds: 10);
        await store.OpenAsync(CancellationToken.None);
        var published = await CallsAsync("spublish");
        var written = await CallsAsync("set");

        for (var n = 0; n < 20; n++)
        {
            await store.CheckAsync(CancellationToken.None);
        }

        Assert.Equal(20, await CallsAsync("set") - written);

        // The store itself publishes once a second to find out that its subscriptions work.
        Assert.InRange(await CallsAsync("spublish") - published, 0, 19);
    }

    [Fact]
    public async Task Several_merchants_are_read_by_one_command_that_returns_what_has_changed()
    {
        await using var store = RedisStartTests.NewStore(redis.Configuration, timeoutSeconds: 10);
        await using var other = RedisStartTests.NewStore(redis.Configuration, timeoutSeconds: 10);
        await store.OpenAsync(CancellationToken.None);
        await other.OpenAsync(CancellationToken.None);
        string[] ids = [.. Enumerable.Range(0, 100).Select(n => $"merchant-{n}")];
        foreach (var id in ids)
        {
            await CommitAsync(store, id);
        }

        await CommitAsync(other, ids[7]);
        await redis.CommandAsync("SET", RecordKey(ids[8]), "damaged");
        await redis.CommandAsync("DEL", RecordKey(ids[9]));
        await redis.CommandAsync("RPUSH", RecordKey(ids[9]), "of another type");
        await redis.CommandAsync("DEL", RecordKey(ids[10]));
        await CommitAsync(other, "merchant-of-another");
        await redis.CommandAsync("CONFIG", "RESETSTAT");

        var read = await store.ReadManyAsync([.. ids, "merchant-of-another"], MerchantParts.PageList, CancellationToken.None);

        Assert.Equal(1, await CallsAsync("evalsha"));
        Assert.InRange(await CallsAsync("get"), 5, 10);
        Assert.Equal([ids[8], ids[9]], read.Where(merchant => merchant.Merchant is null).Select(merchant => merchant.Unreadable!.MerchantId));
        Assert.Equal((2, 0), (read[7].Merchant!.Record.Revision, read[10].Merchant!.Record.Revision));
        Assert.Null(store.TryGetCached("merchant-of-another"));
        Assert.All(read.Where((_, n) => n is not (7 or 8 or 9 or 10)), merchant => Assert.Equal(1, merchant.Merchant!.Record.Revision));

        // What cannot be read is not answered from the cache either.
        await Assert.ThrowsAsync<RecordUnreadableException>(async () => await store.ReadAsync(ids[8], MerchantParts.PageList, CancellationToken.None));
        Assert.Null(store.TryGetCached(ids[9]));
    }

    private static async Task CommitAsync(RedisStore store, string id)
    {
        var read = await store.ReadAsync(id, MerchantParts.All, CancellationToken.None);
        Assert.True((await store.CommitAsync(StoreSamples.After(read), CancellationToken.None)).Succeeded);
    }

    private async Task<long> CallsAsync(string command) =>
        Regex.Match((await redis.CommandAsync("INFO", "commandstats")).Text, $@"cmdstat_{command}:calls=(\d+)") is { Success: true } match
            ? long.Parse(match.Groups[1].Value)
            : 0;
}
