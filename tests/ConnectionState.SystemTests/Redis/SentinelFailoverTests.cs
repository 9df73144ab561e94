using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Failovers by Sentinel under load: servers follow the new primary, and watches continue.</summary>
public sealed class SentinelFailoverTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int ServerCount = 3;
    private static readonly string[] Merchants = [.. Enumerable.Range(0, 4).Select(n => $"merchant-{n}")];

    private SentinelDeployment redis = null!;
    private ServerGroup servers = null!;

    public async Task InitializeAsync()
    {
        redis = await SentinelDeployment.StartAsync();
        servers = await ServerGroup.StartAsync(ServerCount, redis.Configuration, "--Store:KeptCommits=1000000");
    }

    public async Task DisposeAsync()
    {
        await servers.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Fact]
    public async Task Writes_resume_on_every_server_after_each_kind_of_failover()
    {
        using var streams = new ReplicaStreams(servers.Clients, Merchants);
        await using var load = new Load(servers.Clients, Merchants);
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
