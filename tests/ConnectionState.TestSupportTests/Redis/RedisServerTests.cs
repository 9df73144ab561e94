using System.Net.Sockets;
using ConnectionStateService.SystemTests.Support;

namespace ConnectionStateService.TestSupportTests.Redis;

/// <summary>RedisServer, a redis-server process with an optional fake clock, and its RESP client.</summary>
public sealed class RedisServerTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task The_client_reads_every_type_of_reply()
    {
        await using var server = await RedisServer.StartAsync();
        using var redis = await server.ConnectAsync();
        byte[] binary = [0, 13, 10, 255];

        Assert.Equal("OK", (await redis.SendAsync("SET", "key", binary)).Text);
        Assert.Equal(binary, (await redis.SendAsync("GET", "key")).Bytes);
        Assert.True((await redis.SendAsync("GET", "nothing")).IsNull);
        Assert.Equal(7, (await redis.SendAsync("INCRBY", "number", 7)).Number);
        Assert.Equal("[1, [a, null], b]", (await redis.SendAsync("EVAL", "return {1, {'a', false}, 'b'}", 0)).ToString());
        Assert.Empty((await redis.SendAsync("LRANGE", "nothing", 0, -1)).Items);
        var error = await Assert.ThrowsAsync<RedisErrorException>(() => redis.SendAsync("NONSENSE"));
        Assert.StartsWith("ERR unknown command", error.Message, StringComparison.Ordinal);
        Assert.Equal("PONG", (await redis.SendAsync("PING")).Text);
    }

    [Fact]
    public async Task The_server_gets_its_settings_and_saves_nothing_by_default()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "allkeys-lru");

        Assert.Equal("allkeys-lru", (await server.CommandAsync("CONFIG", "GET", "maxmemory-policy")).Items[1].Text);
        Assert.Equal("", (await server.CommandAsync("CONFIG", "GET", "save")).Items[1].Text);
        Assert.Equal(server.Folder, (await server.CommandAsync("CONFIG", "GET", "dir")).Items[1].Text);
        await server.CommandAsync("SET", "key", "value");
        await server.RestartAsync();
        Assert.True((await server.CommandAsync("GET", "key")).IsNull);
    }

    [Fact]
    public async Task An_unknown_setting_fails_with_the_error_of_the_server()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => RedisServer.StartAsync("--nonsense", "yes"));

        Assert.Contains("nonsense", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_server_restarts_on_its_port_with_its_saved_data()
    {
        await using var server = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always");
        var port = server.Port;
        await server.CommandAsync("SET", "key", "value");

        await server.KillAsync();
        await Assert.ThrowsAnyAsync<SocketException>(() => server.CommandAsync("PING"));
        await server.RestartAsync();
        await server.TerminateAsync();
        await server.RestartAsync();

        Assert.Equal(port, server.Port);
        Assert.Equal("value", (await server.CommandAsync("GET", "key")).Text);
    }

    [Fact]
    public async Task A_stopped_server_answers_after_SIGCONT()
    {
        await using var server = await RedisServer.StartAsync();
        using var redis = await server.ConnectAsync();
        await redis.SendAsync("PING");

        await server.FreezeAsync();
        await redis.WriteAsync("PING");
        var reply = redis.ReceiveAsync();
        Assert.NotSame(reply, await Task.WhenAny(reply, Task.Delay(Moment)));
        server.Thaw();

        Assert.Equal("PONG", (await reply).Text);
    }

    [Fact]
    public async Task A_port_that_another_process_took_first_is_replaced()
    {
        await using var other = await RedisServer.StartAsync();
        List<int> tried = [];

        await using var server = await RedisServer.StartAsync(self =>
        {
            tried.Add(self.Port);
            return tried.Count == 1 ? ["--port", $"{other.Port}"] : [];
        });

        Assert.Equal(2, tried.Count);
        Assert.Equal(tried[1], server.Port);
    }

    [Fact]
    public async Task The_fake_clock_stands_still_at_its_microsecond_until_it_is_set()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 1, TimeSpan.Zero);
        await using var server = await RedisServer.StartWithClockAsync(start);
        using var redis = await server.ConnectAsync();

        for (var i = 0; i < 1000; i++)
        {
            var now = start.AddMicroseconds(i * 1_234_567L);
            server.SetClock(now);
            Assert.Equal(now, await TimeAsync(redis));
        }

        var still = await TimeAsync(redis);
        await Task.Delay(Moment);
        Assert.Equal(still, await TimeAsync(redis));
    }

    [Fact]
    public async Task Keys_expire_by_the_fake_clock()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await using var server = await RedisServer.StartWithClockAsync(start);
        await server.CommandAsync("SET", "key", "value", "PX", 1000);

        server.SetClock(start.AddMilliseconds(999));
        Assert.Equal(1, (await server.CommandAsync("PTTL", "key")).Number);
        server.SetClock(start.AddMilliseconds(1001));
        Assert.True((await server.CommandAsync("GET", "key")).IsNull);
    }

    private static async Task<DateTimeOffset> TimeAsync(RedisCommands redis)
    {
        var time = (await redis.SendAsync("TIME")).Items;
        return DateTimeOffset.FromUnixTimeSeconds(time[0].Number).AddMicroseconds(time[1].Number);
    }
}
