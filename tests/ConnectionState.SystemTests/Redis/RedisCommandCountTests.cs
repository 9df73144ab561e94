using System.Text.RegularExpressions;
using ConnectionStateService.SystemTests.Support;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>How many commands an operation of the store costs Redis.</summary>
public sealed class RedisCommandCountTests : IAsyncLifetime
{
    private RedisServer redis = null!;

    public async Task InitializeAsync() => redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await redis.DisposeAsync();

    [Fact]
    public async Task Fifty_callers_that_find_the_clock_stale_share_one_TIME_command()
    {
        await using var store = RedisStartTests.NewStore(redis.Configuration, timeoutSeconds: 10);
        await store.OpenAsync(CancellationToken.None);
        await redis.CommandAsync("CONFIG", "RESETSTAT");

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => await store.GetTimeAsync(CancellationToken.None)));

        Assert.Equal(1, await CallsAsync("time"));
    }

    [Fact]
    public async Task A_readiness_check_writes_one_key_and_publishes_nothing()
    {
        await using var store = RedisStartTests.NewStore(redis.Configuration, timeoutSeconds: 10);
        await store.OpenAsync(CancellationToken.None);
        var published = await CallsAsync("spublish");
        var written = await CallsAsync("set");

        for (var n = 0; n < 20; n++)
        {
            await store.CheckAsync(CancellationToken.None);
        }

        Assert.Equal(20, await CallsAsync("set") - written);

        // The store itself publishes once a second to find out that its subscriptions work.
        Assert.InRange(await CallsAsync("spublish") - published, 0, 19);
    }

    private async Task<long> CallsAsync(string command) =>
        Regex.Match((await redis.CommandAsync("INFO", "commandstats")).Text, $@"cmdstat_{command}:calls=(\d+)") is { Success: true } match
            ? long.Parse(match.Groups[1].Value)
            : 0;
}
