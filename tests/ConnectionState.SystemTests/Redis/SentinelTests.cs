using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Redis fails over by Sentinel under load: replicas find the new primary by themselves, and so do those who watch.</summary>
public sealed class SentinelTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int ReplicaCount = 3;
    private static readonly string[] Merchants = [.. Enumerable.Range(0, 4).Select(n => $"merchant-{n}")];

    private SentinelDeployment redis = null!;
    private Replicas replicas = null!;

    public async Task InitializeAsync()
    {
        redis = await SentinelDeployment.StartAsync();
        replicas = await Replicas.StartAsync(ReplicaCount, redis.Configuration, "--Store:KeptCommits=1000000");
    }

    public async Task DisposeAsync()
    {
        await replicas.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Fact]
    public async Task Writes_are_back_on_every_replica_after_each_kind_of_failover()
    {
        using var streams = new ReplicaStreams(replicas.Clients, Merchants);
        await using var load = new Load(replicas.Clients, Merchants);
        await load.UntilServedAsync();

        for (var round = 0; round < LongRun.Of(all: 10, usual: 1); round++)
        {
            await MeasureAsync(load, "SENTINEL FAILOVER", () => redis.FailoverAsync());
            var dead = await redis.PrimaryAsync();
            await MeasureAsync(load, "kill -9 of the primary", async () =>
            {
                await redis.KillPrimaryAsync();
                await redis.PrimaryAsync(otherThan: dead);
            });
            await MeasureAsync(load, "return of the old primary", () => redis.RestartAsync(dead));
        }

        await load.StopAsync();
        await streams.AssertAgreedAsync();
        log.WriteLine($"{load.Answered} writes answered, {load.Failed} not; {streams.Replaced} of {streams.Count} histories replaced");
    }

    private async Task MeasureAsync(Load load, string what, Func<Task> fail)
    {
        load.Mark();
        await fail();
        var promoted = Stopwatch.GetTimestamp();
        await load.UntilServedAsync();
        log.WriteLine($"{what}: {load.Outages(promoted)}");
    }
}
