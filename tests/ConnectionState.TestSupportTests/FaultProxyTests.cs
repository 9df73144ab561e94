using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.TestSupportTests;

/// <summary>FaultProxy, which delays, swallows and cuts TCP connections.</summary>
public sealed class FaultProxyTests : IAsyncLifetime, IDisposable
{
    private readonly TcpListener server = new(IPAddress.Loopback, 0);
    private FaultProxy proxy = null!;

    public Task InitializeAsync()
    {
        server.Start();
        proxy = new FaultProxy(((IPEndPoint)server.LocalEndpoint).Port);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await proxy.DisposeAsync();

    public void Dispose() => server.Dispose();

    [Fact]
    public async Task Bytes_and_the_end_pass_in_both_directions()
    {
        var (near, far) = await ConnectAsync();

        await AssertCarriesAsync(near, far);
        await AssertCarriesAsync(far, near);
        near.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await ReceiveAsync(far));
        await AssertCarriesAsync(far, near);
    }

    [Fact]
    public async Task With_a_delay_a_megabyte_arrives_complete_and_in_order()
    {
        proxy.Delay = TimeSpan.FromMilliseconds(50);
        var (near, far) = await ConnectAsync();
        var sent = new byte[1024 * 1024];
        new Random(1).NextBytes(sent);

        var watch = Stopwatch.StartNew();
        var sending = near.SendAsync(sent);
        var received = new List<byte>();
        var buffer = new byte[64 * 1024];
        while (received.Count < sent.Length)
        {
            received.AddRange(buffer[..await far.ReceiveAsync(buffer).WaitAsync(Eventually.Patience)]);
        }

        Assert.True(watch.Elapsed >= proxy.Delay);
        Assert.Equal(sent.Length, await sending);
        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
    }

    [Fact]
    public async Task A_swallowed_connection_stays_silent_while_new_connections_pass()
    {
        var (near, far) = await ConnectAsync();
        await AssertCarriesAsync(near, far);

        proxy.Swallow();
        await near.SendAsync(new byte[] { 1, 2, 3 });
        await far.SendAsync(new byte[] { 4, 5 });
        far.Shutdown(SocketShutdown.Send);
        await EventuallyAsync(() => proxy.Swallowed == 5);
        proxy.Pass();

        var (newNear, newFar) = await ConnectAsync();
        await AssertCarriesAsync(newNear, newFar);
        Assert.Equal((0, 0), (near.Available, far.Available));
        Assert.False(near.Poll(0, SelectMode.SelectRead), "The end was heard of.");
    }

    [Fact]
    public async Task While_everything_is_swallowed_a_new_connection_opens_and_stays_silent()
    {
        proxy.Swallow();
        using var near = new TcpClient();
        await near.ConnectAsync(IPAddress.Loopback, proxy.Port).WaitAsync(Eventually.Patience);
        await near.Client.SendAsync(new byte[] { 1 });
        await EventuallyAsync(() => proxy.Swallowed == 1);
        proxy.Pass();

        await near.Client.SendAsync(new byte[] { 2 });
        await EventuallyAsync(() => proxy.Swallowed == 2);
        Assert.False(server.Pending());
    }

    [Fact]
    public async Task A_cut_connection_ends_on_both_sides_and_new_connections_pass()
    {
        var (near, far) = await ConnectAsync();

        proxy.Cut();

        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(near));
        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(far));
        var (newNear, newFar) = await ConnectAsync();
        await AssertCarriesAsync(newNear, newFar);
    }

    [Fact]
    public async Task While_refusing_the_proxy_cuts_every_connection()
    {
        var (near, _) = await ConnectAsync();

        proxy.Refuse();

        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(near));
        using var refused = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            await refused.ConnectAsync(IPAddress.Loopback, proxy.Port).WaitAsync(Eventually.Patience);
            await ReceiveAsync(refused.Client);
        });
        Assert.Equal(2, proxy.Connections);
        Assert.False(server.Pending());
    }

    [Fact]
    public async Task A_reply_that_is_lost_cuts_the_connection_after_the_request_went_through()
    {
        var (near, far) = await ConnectAsync();
        await AssertCarriesAsync(near, far);
        await AssertCarriesAsync(far, near);

        proxy.LoseReplies(1);
        await AssertCarriesAsync(near, far);
        await far.SendAsync(new byte[] { 42 });
        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(near));
        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(far));
        Assert.Equal(1, proxy.LostReplies);

        proxy.LoseReplies(0);
        var (newNear, newFar) = await ConnectAsync();
        await AssertCarriesAsync(newFar, newNear);
        Assert.Equal(1, proxy.LostReplies);
    }

    [Fact]
    public async Task The_proxy_loses_the_requested_number_of_replies()
    {
        const int Replies = 200;
        proxy.LoseReplies(0.25);
        var lost = 0;
        for (var i = 0; i < Replies; i++)
        {
            var (near, far) = await ConnectAsync();
            await AssertCarriesAsync(near, far);
            await far.SendAsync(new byte[] { 42 });
            lost += await Record.ExceptionAsync(() => ReceiveAsync(near)) is SocketException ? 1 : 0;
        }

        Assert.Equal(lost, proxy.LostReplies);
        Assert.InRange(lost, Replies / 10, Replies / 2);
    }

    private async Task<(Socket Near, Socket Far)> ConnectAsync()
    {
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(IPAddress.Loopback, proxy.Port).WaitAsync(Eventually.Patience);
        return (near, await server.AcceptSocketAsync().WaitAsync(Eventually.Patience));
    }

    private static async Task AssertCarriesAsync(Socket from, Socket to)
    {
        await from.SendAsync(new byte[] { 42 });
        Assert.Equal(1, await ReceiveAsync(to));
    }

    private static async Task<int> ReceiveAsync(Socket socket) => await socket.ReceiveAsync(new byte[1]).WaitAsync(Eventually.Patience);

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        var waiting = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waiting.Elapsed < Eventually.Patience, "What was waited for did not come.");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
