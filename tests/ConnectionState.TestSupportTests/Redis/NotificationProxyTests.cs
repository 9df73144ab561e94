using System.Globalization;
using ConnectionStateService.SystemTests.Support;

namespace ConnectionStateService.TestSupportTests.Redis;

/// <summary>NotificationProxy, which drops, repeats and reorders pub/sub messages, with RESP2 and RESP3.</summary>
public sealed class NotificationProxyTests : IAsyncLifetime
{
    private const string Channel = "channel";

    private RedisServer server = null!;
    private NotificationProxy proxy = null!;

    public async Task InitializeAsync()
    {
        server = await RedisServer.StartAsync();
        proxy = NotificationProxy.To(server, seed: 1);
    }

    public async Task DisposeAsync()
    {
        await proxy.DisposeAsync();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Without_faults_everything_passes(int protocol)
    {
        using var listener = await ListenAsync(protocol);

        Assert.Equal([0, 1, 2, 3, 4], await SendAsync(listener, 5));
        Assert.Equal((5, 0, 0, 0), (proxy.Messages, proxy.Dropped, proxy.Duplicated, proxy.Reordered));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task While_dropping_all_messages_are_dropped_and_nothing_else(int protocol)
    {
        using var listener = await ListenAsync(protocol);
        using var other = await RedisCommands.ConnectAsync(proxy.Port);

        proxy.DropRate = 1;
        Assert.Equal([], await SendAsync(listener, 5));
        Assert.Equal(5, proxy.Dropped);
        Assert.Equal("smessage", (await other.SendAsync("ECHO", "smessage")).Text);

        proxy.DropRate = 0;
        Assert.Equal([0, 1], await SendAsync(listener, 2));
    }

    [Fact]
    public async Task Messages_are_repeated()
    {
        using var listener = await ListenAsync(3);

        proxy.DuplicateRate = 1;

        Assert.Equal([0, 0, 1, 1], await SendAsync(listener, 2));
        Assert.Equal(2, proxy.Duplicated);
    }

    [Fact]
    public async Task Messages_are_reordered_and_a_held_message_comes_after_the_next()
    {
        using var listener = await ListenAsync(3);

        proxy.ReorderRate = 1;
        Assert.Equal([1, 0, 3, 2], await SendAsync(listener, 5));
        proxy.ReorderRate = 0;

        Assert.Equal([0, 4, 1], await SendAsync(listener, 2));
        Assert.Equal(3, proxy.Reordered);
    }

    [Fact]
    public async Task Each_fault_happens_as_often_as_requested()
    {
        (proxy.DropRate, proxy.DuplicateRate, proxy.ReorderRate) = (0.2, 0.2, 0.2);
        using var listener = await ListenAsync(3);

        var received = await SendAsync(listener, 1000);

        Assert.InRange(proxy.Dropped, 100, 300);
        Assert.InRange(proxy.Duplicated, 100, 300);
        Assert.InRange(proxy.Reordered, 80, 300);
        // One may still be held back.
        Assert.InRange(received.Count, 999 - proxy.Dropped + proxy.Duplicated, 1000 - proxy.Dropped + proxy.Duplicated);
        Assert.InRange(received.Distinct().Count(), 999 - proxy.Dropped, 1000 - proxy.Dropped);
    }

    private async Task<RedisCommands> ListenAsync(int protocol)
    {
        var listener = await RedisCommands.ConnectAsync(proxy.Port);
        await listener.SendAsync("HELLO", protocol);
        await listener.SendAsync("SSUBSCRIBE", Channel);
        return listener;
    }

    // Publishes numbers and returns those that arrive before a marker published after them.
    private async Task<List<int>> SendAsync(RedisCommands listener, int count)
    {
        using var publisher = await server.ConnectAsync();
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(1, (await publisher.SendAsync("SPUBLISH", Channel, i)).Number);
        }

        // The reply to PING comes after everything that was sent before.
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
