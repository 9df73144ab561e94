using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.V1;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>
/// A primary without replication acknowledges commits and is then replaced: those commits are lost, as always with Sentinel. Watches that
/// have seen them must get HISTORY_REPLACED, and none may mix two histories.
/// </summary>
public sealed class SentinelDataLossTests(ITestOutputHelper log) : IAsyncLifetime
{
    private static readonly string[] Merchants = [.. Enumerable.Range(0, 4).Select(n => $"merchant-{n}")];

    private SentinelDeployment redis = null!;
    private ServerGroup servers = null!;

    public async Task InitializeAsync()
    {
        redis = await SentinelDeployment.StartAsync();
        servers = await ServerGroup.StartAsync(2, redis.Configuration, "--Store:KeptCommits=1000000");
    }

    public async Task DisposeAsync()
    {
        await servers.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_watch_gets_HISTORY_REPLACED_and_none_mixes_two_histories_and_copies_from_the_feed_are_true_again(bool isFrozen)
    {
        using var streams = new ReplicaStreams(servers.Clients, Merchants);
        await using var copy = new FeedCopy(servers.Clients[0], Merchants);
        await using var load = new Load(servers.Clients, Merchants);
        await load.UntilServedAsync();

        var old = await redis.PrimaryAsync();
        await StopReplicationAsync(old);
        await load.UntilServedAsync();
        await streams.CatchUpAsync();
        await copy.CatchUpAsync(Merchants);
        Assert.Empty(copy.Resets);
        await (isFrozen ? ReplaceFrozenAsync(old, load) : redis.FailoverAsync());

        await load.UntilServedAsync();
        await load.StopAsync();
        await streams.AssertAgreedAsync();
        Assert.Equal(streams.Count, streams.Replaced);
        await copy.UntilTrueAsync(Merchants);
        Assert.Contains(WatchFeedResponse.Types.Reset.Types.Reason.Replaced, copy.Resets);
        log.WriteLine($"{load.Answered} writes answered, {load.Failed} not; {streams.Replaced} of {streams.Count} histories replaced; feed: {copy.Resets.Count} resets, {copy.MerchantsRead} merchants read");
    }

    private static async Task StopReplicationAsync(RedisServer primary)
    {
        await primary.CommandAsync("ACL", "SETUSER", "default", "-psync", "-sync");
        await primary.CommandAsync("CLIENT", "KILL", "TYPE", "replica");
    }

    // When it resumes, it acts as the primary until the Sentinels demote it.
    private async Task ReplaceFrozenAsync(RedisServer old, Load load)
    {
        await old.FreezeAsync();
        await redis.PrimaryAsync(otherThan: old);
        await load.UntilServedAsync();
        old.Thaw();
        await redis.SettleAsync();
    }
}
