using ConnectionStateService.Core;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.Tests.Support;
using StackExchange.Redis;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>The keys in Redis. Stored data outlives versions of this service, so the keys are written out here.</summary>
public sealed class RedisKeysTests
{
    [Theory]
    [InlineData("merchant-1", 0x1c)]
    [InlineData("m", 0x62)]
    [InlineData("shop-1", 0x79)]
    public void A_merchants_partition_is_the_first_byte_of_the_SHA_256_of_its_id(string merchantId, int partition) =>
        Assert.Equal(partition, RedisKeys.PartitionOf(merchantId));

    [Fact]
    public void Merchants_are_spread_evenly_over_all_partitions()
    {
        var partitions = Enumerable.Range(0, 10_000).Select(n => RedisKeys.PartitionOf($"merchant-{n}")).CountBy(p => p).ToList();

        Assert.Equal(RedisKeys.PartitionCount, partitions.Count);
        Assert.All(partitions, partition => Assert.InRange(partition.Value, 10, 80));
    }

    [Fact]
    public void The_keys_of_a_merchant_and_of_a_partition_never_change()
    {
        Assert.Equal("cs:{1c}:m:merchant-1", RedisKeys.Merchant(0x1c, "merchant-1"));
        Assert.Equal("cs:{1c}:s:merchant-1:session-1", RedisKeys.Candidates(0x1c, "merchant-1", "session-1"));
        Assert.Equal("cs:{1c}:changes:merchant-1", RedisKeys.Changes(0x1c, "merchant-1"));
        Assert.Equal("cs:{0c}:due", RedisKeys.Due(0x0c));
        Assert.Equal("cs:{0c}:claims", RedisKeys.Claims(0x0c));
        Assert.Equal("cs:fleet", RedisKeys.Fleet);
        Assert.Equal("cs:{00}:probe", RedisKeys.Probe(0));
        Assert.Equal("cs:{1c}", (string?)RedisKeys.Channel(0x1c));
        Assert.True(RedisKeys.Channel(0x1c).IsSharded);
        Assert.Equal("cs:partitions", RedisKeys.Partitions);
    }

    [Fact]
    public void All_keys_of_a_commit_are_in_one_slot_of_a_Cluster()
    {
        var slots = Enumerable.Range(0, RedisKeys.PartitionCount).Select(p =>
        {
            RedisKey[] keys =
            [
                RedisKeys.Merchant(p, "merchant-1"), RedisKeys.Merchant(p, "merchant-2"), RedisKeys.Changes(p, "merchant-1"),
                RedisKeys.Due(p), RedisKeys.Claims(p), RedisKeys.Probe(p), (string)RedisKeys.Channel(p)!,
            ];
            return Assert.Single(keys.Select(SlotOf).Distinct());
        });

        Assert.Equal(RedisKeys.PartitionCount, slots.Distinct().Count());
    }

    [Fact]
    public void The_keys_of_the_page_index_never_change_and_are_spread_over_the_slots()
    {
        Assert.Equal("cs:pages:0a25", RedisKeys.Pages(Pages.Fanpage(1)));
        Assert.Equal("cs:pages:3ab7", RedisKeys.Pages(Pages.Oa(1)));
        Assert.Equal("1/fan1/shop", RedisKeys.PageEntry(Pages.Fanpage(1), "shop"));
        Assert.NotEqual(RedisKeys.Pages(new PageRef(Provider.Facebook, "1")), RedisKeys.Pages(new PageRef(Provider.Zalo, "1")));
        Assert.True(Enumerable.Range(0, 100).Select(n => SlotOf(RedisKeys.Pages(Pages.Fanpage(n)))).Distinct().Count() > 90);
    }

    // The algorithm of Redis Cluster: CRC16 of the hash tag, or of the whole key if it has none.
    private static int SlotOf(RedisKey key)
    {
        var name = key.ToString();
        var (open, close) = (name.IndexOf('{', StringComparison.Ordinal), name.IndexOf('}', StringComparison.Ordinal));
        var crc = 0;
        foreach (var c in open >= 0 && close > open + 1 ? name[(open + 1)..close] : name)
        {
            crc ^= c << 8;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            }
        }

        return crc & 0x3fff;
    }
}
