using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

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
        await using var service = await StartAsync(redis, cachedBytes);
        var shop = service.NewMerchant();
        var open = await NewerVersion.PrepareAsync(shop);
        var (position, record) = await ReadAsync(redis, shop.Id);
        await redis.CommandAsync("SET", StoredMerchants.RecordKey(shop.Id), (byte[])[.. position, .. NewerVersion.WithFields(shop.Id, record)]);

        // Another process, which has not read the merchant yet.
        await using var other = await StartAsync(redis, cachedBytes);
        await NewerVersion.ChangeEverythingAsync(new ApiMerchant(other.Client, shop.Id), open);

        NewerVersion.AssertKeepsFields((await ReadAsync(redis, shop.Id)).Record);
    }

    [Fact]
    public async Task A_merchant_with_an_enum_value_of_a_newer_version_is_left_as_it_is_and_served_again_after_the_upgrade()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var service = await StartAsync(redis, cachedBytes: "0");
        var shop = service.NewMerchant();
        await NewerVersion.PrepareAsync(shop);
        var (position, readable) = await ReadAsync(redis, shop.Id);
        byte[] newer = [.. position, .. NewerVersion.WithEnumValue(shop.Id, readable)];
        await redis.CommandAsync("SET", StoredMerchants.RecordKey(shop.Id), newer);

        await ApiMerchant.ExpectRefusedAsync(ErrorReason.RecordUnreadable, StatusCode.DataLoss, () => shop.SetPlanAsync(Plan.Trial));

        Assert.Equal(newer, (await redis.CommandAsync("GET", StoredMerchants.RecordKey(shop.Id))).Bytes);
        await redis.CommandAsync("SET", StoredMerchants.RecordKey(shop.Id), (byte[])[.. position, .. readable]);
        await shop.SetPlanAsync(Plan.Trial);
    }

    private static Task<Service> StartAsync(RedisServer redis, string cachedBytes) => Service.StartAsync(new()
    {
        ["Store:Kind"] = "Redis",
        ["Store:Redis:Configuration"] = redis.Configuration,
        ["Store:CachedBytes"] = cachedBytes,
    });

    private static async Task<(byte[] Position, byte[] Record)> ReadAsync(RedisServer redis, string merchantId)
    {
        var stored = (await redis.CommandAsync("GET", StoredMerchants.RecordKey(merchantId))).Bytes!;
        var end = Array.IndexOf(stored, (byte)'\n') + 1;
        return (stored[..end], stored[end..]);
    }
}
