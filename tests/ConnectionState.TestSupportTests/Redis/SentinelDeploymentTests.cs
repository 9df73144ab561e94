using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;

namespace ConnectionStateService.TestSupportTests.Redis;

/// <summary>SentinelDeployment, a primary with replicas and Sentinels as test processes.</summary>
public sealed class SentinelDeploymentTests : IAsyncLifetime
{
    private SentinelDeployment deployment = null!;

    public async Task InitializeAsync() => deployment = await SentinelDeployment.StartAsync("--maxmemory-policy", "allkeys-lru");

    public async Task DisposeAsync() => await deployment.DisposeAsync();

    [Fact]
    public async Task The_primary_replicates_to_both_replicas()
    {
        var primary = await deployment.PrimaryAsync();
        using var redis = await primary.ConnectAsync();

        await redis.SendAsync("SET", "key", "value");

        Assert.Equal(2, (await redis.SendAsync("WAIT", 2, 10_000)).Number);
        foreach (var node in deployment.Nodes)
        {
            Assert.Equal("value", (await node.CommandAsync("GET", "key")).Text);
            Assert.Equal("allkeys-lru", (await node.CommandAsync("CONFIG", "GET", "maxmemory-policy")).Items[1].Text);
        }
    }

    [Fact]
    public async Task The_configuration_string_has_the_Sentinels_and_the_service_name()
    {
        var parts = deployment.Configuration.Split(',');

        Assert.Equal(deployment.Sentinels.Select(sentinel => $"127.0.0.1:{sentinel.Port}"), parts[..3]);
        var service = parts[3].Split('=');
        Assert.Equal("serviceName", service[0]);
        var primary = await deployment.Sentinels[2].CommandAsync("SENTINEL", "GET-MASTER-ADDR-BY-NAME", service[1]);
        Assert.Equal((await deployment.PrimaryAsync()).Port, primary.Items[1].Number);
    }

    [Fact]
    public async Task A_killed_primary_is_replaced_and_restarts_as_a_replica()
    {
        var waiting = Stopwatch.StartNew();
        var old = await deployment.KillPrimaryAsync();
        var next = await deployment.PrimaryAsync(otherThan: old);
        Assert.True(waiting.Elapsed < TimeSpan.FromSeconds(15), $"It took {waiting.Elapsed}.");
        await next.CommandAsync("SET", "key", "value");

        await deployment.RestartAsync(old);

        Assert.Equal(next, await deployment.PrimaryAsync());
        Assert.Equal("value", (await old.CommandAsync("GET", "key")).Text);
        await Assert.ThrowsAsync<RedisErrorException>(() => old.CommandAsync("SET", "key", "other"));
    }

    [Fact]
    public async Task A_manual_failover_keeps_every_key_and_can_be_repeated()
    {
        var first = await deployment.PrimaryAsync();
        using var redis = await first.ConnectAsync();
        await redis.SendAsync("SET", "key", "value");
        await redis.SendAsync("WAIT", 2, 10_000);

        await deployment.FailoverAsync();
        var second = await deployment.PrimaryAsync();
        await deployment.FailoverAsync();
        var third = await deployment.PrimaryAsync();

        Assert.NotEqual(first, second);
        Assert.NotEqual(second, third);
        Assert.Equal("value", (await third.CommandAsync("GET", "key")).Text);
    }
}
