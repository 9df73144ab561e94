using ConnectionStateService.Store.Redis;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Where merchants lie in a cluster, and what servers need so that only notifications can tell streams anything.</summary>
internal static class Shapes
{
    /// <summary>A comparison finds a change that was not notified after three quarters of a minute at the soonest.</summary>
    public static readonly string[] OnlyNotifications = ["--Watch:ReconciliationInterval=00:01:00", "--Watch:CheckpointInterval=00:05:00"];

    /// <summary>What only a notification can have brought has come by then.</summary>
    public static readonly TimeSpan Notified = TimeSpan.FromSeconds(30);

    /// <summary>MerchantCommandHandler of each shard, those of the first shard first.</summary>
    public static async Task<string[][]> MerchantsAsync(ClusterDeployment cluster, int ofEach)
    {
        var merchants = Enumerable.Range(0, ClusterDeployment.Shards).Select(_ => new List<string>()).ToArray();
        for (var n = 0; merchants.Any(of => of.Count < ofEach); n++)
        {
            var shard = await cluster.ShardAsync(await SlotAsync(cluster, $"merchant-{n}"));
            if (merchants[shard].Count < ofEach)
            {
                merchants[shard].Add($"merchant-{n}");
            }
        }

        return [.. merchants.Select(of => of.ToArray())];
    }

    /// <summary>The slot of everything that is kept of a merchant.</summary>
    public static Task<int> SlotAsync(ClusterDeployment cluster, string merchant) =>
        cluster.SlotAsync(RedisKeys.Merchant(RedisKeys.PartitionOf(merchant), merchant).ToString());
}
