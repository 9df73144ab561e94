using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>N and N+1 on the same Redis: what the newer version has stored is not lost when the older one changes it.</summary>
public sealed class RedisRollingUpgradeTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("1000000")]
    public async Task Fields_of_a_newer_version_survive_all_changes_by_this_one(string cachedBytes)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var service = await Service.StartAsync(new()
        {
            ["Store:Kind"] = "Redis",
            ["Store:Redis:Configuration"] = redis.Configuration,
            ["Store:CachedBytes"] = cachedBytes,
        });
        var shop = service.NewMerchant();
        var open = await NewerVersion.PrepareAsync(shop);
        var (position, record) = await ReadAsync(redis, shop.Id);
        await redis.CommandAsync("SET", StoredMerchants.RecordKey(shop.Id), (byte[])[.. position, .. NewerVersion.WithFields(shop.Id, record)]);

        // Another process, which has not read the merchant yet.
        await using var other = await Service.StartAsync(new()
        {
            ["Store:Kind"] = "Redis",
            ["Store:Redis:Configuration"] = redis.Configuration,
            ["Store:CachedBytes"] = cachedBytes,
        });
        await NewerVersion.ChangeEverythingAsync(new ApiMerchant(other.Client, shop.Id), open);

        NewerVersion.AssertKeepsFields((await ReadAsync(redis, shop.Id)).Record);
    }

    private static async Task<(byte[] Position, byte[] Record)> ReadAsync(RedisServer redis, string merchantId)
    {
        var stored = (await redis.CommandAsync("GET", StoredMerchants.RecordKey(merchantId))).Bytes!;
        var end = Array.IndexOf(stored, (byte)'\n') + 1;
        return (stored[..end], stored[end..]);
    }
}
