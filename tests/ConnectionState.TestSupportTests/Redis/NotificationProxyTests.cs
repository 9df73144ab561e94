using System.Globalization;
using ConnectionStateService.SystemTests.Support;

namespace ConnectionStateService.TestSupportTests.Redis;

/// <summary>The tests' own proxy for notifications does what tests count on, in both of Redis' protocols.</summary>
public sealed class NotificationProxyTests : IAsyncLifetime
{
    private const string Channel = "channel";

    private RedisServer server = null!;
    private NotificationProxy proxy = null!;

    public async Task InitializeAsync()
    {
        server = await RedisServer.StartAsync();
        proxy = NotificationProxy.To(server);
    }

    public async Task DisposeAsync()
    {
        await proxy.DisposeAsync();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Everything_passes_as_long_as_nothing_is_asked_for(int protocol)
    {
        using var listener = await ListenAsync(protocol);

        Assert.Equal([0, 1, 2, 3, 4], await SendAsync(listener, 5));
        Assert.Equal((5, 0, 0, 0), (proxy.Seen, proxy.Dropped, proxy.Doubled, proxy.Swapped));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task All_messages_are_dropped_and_nothing_else_until_it_is_over(int protocol)
    {
        using var listener = await ListenAsync(protocol);
        using var other = await RedisCommands.ConnectAsync(proxy.Port);

        proxy.Drop = 1;
        Assert.Equal([], await SendAsync(listener, 5));
        Assert.Equal(5, proxy.Dropped);
        Assert.Equal("smessage", (await other.SendAsync("ECHO", "smessage")).Text);

        proxy.Drop = 0;
        Assert.Equal([0, 1], await SendAsync(listener, 2));
    }

    [Fact]
    public async Task Messages_come_twice()
    {
        using var listener = await ListenAsync(3);

        proxy.Double = 1;

        Assert.Equal([0, 0, 1, 1], await SendAsync(listener, 2));
        Assert.Equal(2, proxy.Doubled);
    }

    [Fact]
    public async Task Messages_change_places_and_one_that_waits_comes_after_the_next()
    {
        using var listener = await ListenAsync(3);

        proxy.Swap = 1;
        Assert.Equal([1, 0, 3, 2], await SendAsync(listener, 5));
        proxy.Swap = 0;

        Assert.Equal([0, 4, 1], await SendAsync(listener, 2));
        Assert.Equal(3, proxy.Swapped);
    }

    [Fact]
    public async Task Each_fault_happens_as_often_as_asked_for()
    {
        (proxy.Drop, proxy.Double, proxy.Swap) = (0.2, 0.2, 0.2);
        using var listener = await ListenAsync(3);

        var received = await SendAsync(listener, 1000);

        Assert.InRange(proxy.Dropped, 100, 300);
        Assert.InRange(proxy.Doubled, 100, 300);
        Assert.InRange(proxy.Swapped, 80, 300);
        // One may still be held back.
        Assert.InRange(received.Count, 999 - proxy.Dropped + proxy.Doubled, 1000 - proxy.Dropped + proxy.Doubled);
        Assert.InRange(received.Distinct().Count(), 999 - proxy.Dropped, 1000 - proxy.Dropped);
    }

    private async Task<RedisCommands> ListenAsync(int protocol)
    {
        var listener = await RedisCommands.ConnectAsync(proxy.Port);
        await listener.SendAsync("HELLO", protocol);
        await listener.SendAsync("SSUBSCRIBE", Channel);
        return listener;
    }

    // Publishes numbers, and gives those that arrive before what was published after them.
    private async Task<List<int>> SendAsync(RedisCommands listener, int count)
    {
        using var publisher = await server.ConnectAsync();
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(1, (await publisher.SendAsync("SPUBLISH", Channel, i)).Number);
        }

        // The answer to a ping comes after all that was sent before it.
        await listener.WriteAsync("PING");
        var received = new List<int>();
        while (await listener.ReceiveAsync() is { } reply && !IsPong(reply))
        {
            received.Add(int.Parse(reply.Items[2].Text, CultureInfo.InvariantCulture));
        }

        return received;
    }

    private static bool IsPong(RedisReply reply) => reply.List is null || string.Equals(reply.Items[0].Text, "pong", StringComparison.Ordinal);
}
