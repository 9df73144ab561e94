using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Feed;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>The promises of the feed on Redis.</summary>
public sealed class RedisFeedPromiseTests : FeedPromiseTests
{
    private RedisServer? redis;

    private protected override IConnectionStore CreateStore(IServiceProvider services) => ActivatorUtilities.CreateInstance<RedisStore>(services);

    private protected override async Task<Dictionary<string, string?>> PrepareAsync()
    {
        redis ??= await RedisServer.StartAsync();
        return new() { ["Store:Kind"] = "Redis", ["Store:Redis:Configuration"] = redis.Configuration };
    }

    private protected override async Task LoseNewestAsync(int partition, int count)
    {
        var key = (string)RedisKeys.Feed(partition)!;
        foreach (var entry in (await redis!.CommandAsync("XREVRANGE", key, "+", "-", "COUNT", $"{count}")).Items)
        {
            await redis.CommandAsync("XDEL", key, entry.Items[0].Text);
        }

        var last = (await redis.CommandAsync("XREVRANGE", key, "+", "-", "COUNT", "1")).Items[0].Items[0].Text;
        await redis.CommandAsync("XSETID", key, last);
    }

    private protected override async Task RemoveEntryAsync(int partition, long number) =>
        await redis!.CommandAsync("XDEL", (string)RedisKeys.Feed(partition)!, $"0-{number}");

    private protected override async Task TrimHistoryAsync(string merchantId, long upTo) =>
        await redis!.CommandAsync("XTRIM", StoredMerchants.ChangesKey(merchantId), "MINID", $"{upTo + 1}-0");

    private protected override async Task RemoveAsync() => await (redis?.DisposeAsync() ?? default);
}
