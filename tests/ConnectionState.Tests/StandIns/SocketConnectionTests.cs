using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;

namespace ConnectionState.Tests.StandIns;

/// <summary>What the Redis client relies on in a connection: nothing is lost, and every end is noticed and told.</summary>
public class SocketConnectionTests
{
    private static readonly byte[] megabytes = [.. Enumerable.Range(0, 8_000_000).Select(i => (byte)(i % 251))];

    [Fact]
    public async Task Megabytes_come_back_as_they_were_sent()
    {
        using var pair = await SocketPair.ConnectAsync(new(minimumSegmentSize: 8 * 1024));
        var echo = EchoAsync(pair.Peer);

        var sending = SendInPiecesAsync(pair.Connection.Output);
        var received = await SocketPair.ReadAsync(pair.Connection.Input, megabytes.Length);
        await sending;

        Assert.Equal(megabytes, received);
        Assert.Equal(megabytes.Length, pair.Connection.BytesRead);
        Assert.Equal(megabytes.Length, pair.Connection.BytesSent);
        Assert.Equal(PipeShutdownKind.None, pair.Connection.ShutdownKind);

        pair.Connection.Output.Complete();
        await echo.WaitAsync(SocketPair.Patience);
    }

    [Fact]
    public async Task When_the_peer_closes_what_it_sent_is_read_and_then_the_end()
    {
        using var pair = await SocketPair.ConnectAsync();
        await pair.Peer.SendAsync("bye"u8.ToArray());
        pair.Peer.Dispose();

        Assert.Equal("bye"u8.ToArray(), await SocketPair.ReadAsync(pair.Connection.Input, 3));
        Assert.True((await ReadAsync(pair)).IsCompleted);
        Assert.Equal(PipeShutdownKind.ReadEndOfStream, pair.Connection.ShutdownKind);
        Assert.Equal(SocketError.Success, pair.Connection.SocketError);
    }

    [Fact]
    public async Task A_peer_that_only_stops_sending_still_receives()
    {
        using var pair = await SocketPair.ConnectAsync();
        pair.Peer.Shutdown(SocketShutdown.Send);
        Assert.True((await ReadAsync(pair)).IsCompleted);

        await pair.Connection.Output.WriteAsync("late"u8.ToArray());

        var buffer = new byte[10];
        Assert.Equal(4, await pair.Peer.ReceiveAsync(buffer).WaitAsync(SocketPair.Patience));
    }

    [Fact]
    public async Task A_reset_ends_both_directions_and_is_told()
    {
        using var pair = await SocketPair.ConnectAsync();
        pair.ResetByPeer();

        await Assert.ThrowsAsync<ConnectionResetException>(() => ReadAsync(pair));
        await EndOfSendingAsync(pair);
        Assert.Equal(PipeShutdownKind.ReadSocketError, pair.Connection.ShutdownKind);
        Assert.Equal(SocketError.ConnectionReset, pair.Connection.SocketError);
    }

    [Fact]
    public async Task Disposing_ends_a_read_that_waits()
    {
        using var pair = await SocketPair.ConnectAsync();
        var reading = ReadAsync(pair);

        pair.Connection.Dispose();

        Assert.True((await reading).IsCompleted);
        await EndOfSendingAsync(pair);
        Assert.Equal(PipeShutdownKind.PipeDisposed, pair.Connection.ShutdownKind);
    }

    [Fact]
    public async Task Closing_the_socket_from_outside_ends_a_read_that_waits()
    {
        using var pair = await SocketPair.ConnectAsync();
        var reading = ReadAsync(pair);

        pair.Mine.Dispose();

        await Record.ExceptionAsync(() => reading);
        Assert.True(reading.IsCompleted);
        Assert.NotEqual(PipeShutdownKind.None, pair.Connection.ShutdownKind);
    }

    [Fact]
    public async Task Completing_both_pipes_sends_what_is_written_and_closes()
    {
        using var pair = await SocketPair.ConnectAsync();
        pair.Connection.Output.Write("last"u8);
        pair.Connection.Output.Complete();
        pair.Connection.Input.Complete();

        var buffer = new byte[10];
        Assert.Equal(4, await pair.Peer.ReceiveAsync(buffer).WaitAsync(SocketPair.Patience));
        Assert.Equal(0, await pair.Peer.ReceiveAsync(buffer).WaitAsync(SocketPair.Patience));
        Assert.Equal(PipeShutdownKind.OutputWriterCompleted, pair.Connection.ShutdownKind);
    }

    [Fact]
    public async Task The_end_of_the_protocol_is_the_reason_if_it_comes_first()
    {
        using var pair = await SocketPair.ConnectAsync();

        Assert.False(pair.Connection.TrySetProtocolShutdown(PipeShutdownKind.ReadEndOfStream));
        Assert.True(pair.Connection.TrySetProtocolShutdown(PipeShutdownKind.ProtocolExitClient));
        Assert.False(pair.Connection.TrySetProtocolShutdown(PipeShutdownKind.ProtocolExitServer));

        pair.Peer.Dispose();
        Assert.True((await ReadAsync(pair)).IsCompleted);
        Assert.Equal(PipeShutdownKind.ProtocolExitClient, pair.Connection.ShutdownKind);
    }

    private static async Task<ReadResult> ReadAsync(SocketPair pair) =>
        await pair.Connection.Input.ReadAsync().AsTask().WaitAsync(SocketPair.Patience);

    private static async Task SendInPiecesAsync(PipeWriter output)
    {
        for (var at = 0; at < megabytes.Length; at += 10_007)
        {
            await output.WriteAsync(megabytes.AsMemory(at, Math.Min(10_007, megabytes.Length - at)));
        }
    }

    private static async Task EchoAsync(Socket socket)
    {
        var buffer = new byte[50_000];
        for (var count = await socket.ReceiveAsync(buffer); count > 0; count = await socket.ReceiveAsync(buffer))
        {
            await socket.SendAsync(buffer.AsMemory(0, count));
        }
    }

    // With the end, or with the reason for it.
    private static async Task EndOfSendingAsync(SocketPair pair)
    {
        using var patience = new CancellationTokenSource(SocketPair.Patience);
        var ended = false;
        while (!ended)
        {
            var exception = await Record.ExceptionAsync(async () =>
                ended = (await pair.Connection.Output.WriteAsync(new byte[1], patience.Token)).IsCompleted);
            Assert.False(exception is OperationCanceledException, "Sending did not end.");
            ended |= exception is not null;
        }
    }
}
