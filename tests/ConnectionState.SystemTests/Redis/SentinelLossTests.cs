using ConnectionStateService.SystemTests.Support;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>
/// A primary that copies nothing any more acknowledges commits, and is replaced: those commits are lost, as ever with Sentinel. Whoever
/// has seen them must be told, and nobody may see two histories as one.
/// </summary>
public sealed class SentinelLossTests(ITestOutputHelper log) : IAsyncLifetime
{
    private static readonly string[] Merchants = [.. Enumerable.Range(0, 4).Select(n => $"merchant-{n}")];

    private SentinelDeployment redis = null!;
    private Replicas replicas = null!;

    public async Task InitializeAsync()
    {
        redis = await SentinelDeployment.StartAsync();
        replicas = await Replicas.StartAsync(2, redis.Configuration, "--Store:KeptCommits=1000000");
    }

    public async Task DisposeAsync()
    {
        await replicas.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Everybody_who_watches_is_told_and_nobody_sees_two_histories_as_one(bool isFrozen)
    {
        using var streams = new ReplicaStreams(replicas.Clients, Merchants);
        await using var load = new Load(replicas.Clients, Merchants);
        await load.UntilServedAsync();

        var old = await redis.PrimaryAsync();
        await TurnReplicasAwayAsync(old);
        await load.UntilServedAsync();
        await streams.CatchUpAsync();
        await (isFrozen ? ReplaceFrozenAsync(old, load) : redis.FailoverAsync());

        await load.UntilServedAsync();
        await load.StopAsync();
        await streams.AssertAgreedAsync();
        Assert.Equal(streams.Count, streams.Replaced);
        log.WriteLine($"{load.Answered} writes answered, {load.Failed} not; {streams.Replaced} of {streams.Count} histories replaced");
    }

    // From here on nothing leaves the primary but its answers.
    private static async Task TurnReplicasAwayAsync(RedisServer primary)
    {
        await primary.CommandAsync("ACL", "SETUSER", "default", "-psync", "-sync");
        await primary.CommandAsync("CLIENT", "KILL", "TYPE", "replica");
    }

    // When it thaws it takes itself for the primary, until the Sentinels tell it.
    private async Task ReplaceFrozenAsync(RedisServer old, Load load)
    {
        await old.FreezeAsync();
        await redis.PrimaryAsync(otherThan: old);
        await load.UntilServedAsync();
        old.Thaw();
        await redis.SettleAsync();
    }
}
