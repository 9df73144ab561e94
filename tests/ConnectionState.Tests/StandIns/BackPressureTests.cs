using System.IO.Pipelines;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;

namespace ConnectionState.Tests.StandIns;

/// <summary>Neither side of a connection buffers without end, and being full does not keep it from ending.</summary>
public class BackPressureTests
{
    private const int Chunk = 64 * 1024;
    private static readonly PipeOptions small = new(pauseWriterThreshold: 4 * Chunk, resumeWriterThreshold: Chunk);

    [Fact]
    public async Task What_nobody_reads_stays_with_the_peer()
    {
        using var pair = await SocketPair.ConnectAsync(small);
        pair.Peer.SendBufferSize = Chunk;

        var sent = await SendUntilStuckAsync(pair);
        Assert.InRange(pair.Connection.GetCounters().BytesWaitingToBeRead, 4 * Chunk, 6 * Chunk);
        Assert.InRange(pair.Connection.BytesRead, 4 * Chunk, 6 * Chunk);

        // And it goes on where it stopped.
        var received = await SocketPair.ReadAsync(pair.Connection.Input, 4 * Chunk);
        Assert.All(received, each => Assert.Equal(1, each));
        var all = received.Length;
        while (all < sent)
        {
            var result = await pair.Connection.Input.ReadAsync().AsTask().WaitAsync(SocketPair.Patience);
            all += (int)result.Buffer.Length;
            pair.Connection.Input.AdvanceTo(result.Buffer.End);
        }

        Assert.InRange(all, sent, sent + Chunk);
    }

    [Fact]
    public async Task A_flush_waits_for_a_peer_that_does_not_read()
    {
        using var pair = await SocketPair.ConnectAsync(small);
        pair.Peer.ReceiveBufferSize = Chunk;

        var flush = await WriteUntilStuckAsync(pair);

        // It began to wait at four chunks; some of them may have gone since, but not below the one under which it goes on.
        Assert.InRange(pair.Connection.GetCounters().BytesWaitingToBeSent, Chunk, 6 * Chunk);

        _ = DrainAsync(pair.Peer);
        Assert.False((await flush.WaitAsync(SocketPair.Patience)).IsCompleted);
    }

    [Fact]
    public async Task Disposing_ends_a_flush_that_waits()
    {
        using var pair = await SocketPair.ConnectAsync(small);
        var flush = await WriteUntilStuckAsync(pair);

        pair.Connection.Dispose();

        await Record.ExceptionAsync(() => flush.WaitAsync(SocketPair.Patience));
        Assert.True(flush.IsCompleted);
    }

    [Fact]
    public async Task Disposing_ends_a_connection_that_nobody_read()
    {
        using var pair = await SocketPair.ConnectAsync(small);
        await SendUntilStuckAsync(pair);

        pair.Connection.Dispose();

        await EndOfInputAsync(pair.Connection.Input);
        Assert.Equal(PipeShutdownKind.PipeDisposed, pair.Connection.ShutdownKind);
    }

    private static async Task DrainAsync(Socket socket)
    {
        var buffer = new byte[Chunk];
        while (await socket.ReceiveAsync(buffer) > 0)
        {
        }
    }

    // What came before the end is read first.
    private static async Task EndOfInputAsync(PipeReader input)
    {
        for (var ended = false; !ended;)
        {
            var result = await input.ReadAsync().AsTask().WaitAsync(SocketPair.Patience);
            input.AdvanceTo(result.Buffer.End);
            ended = result.IsCompleted;
        }
    }

    private static async Task<int> SendUntilStuckAsync(SocketPair pair)
    {
        var ones = Enumerable.Repeat((byte)1, Chunk).ToArray();
        for (var sent = 0; ; sent += Chunk)
        {
            var sending = pair.Peer.SendAsync(ones);
            if (await Task.WhenAny(sending, Task.Delay(500)) != sending)
            {
                return sent;
            }
        }
    }

    private static async Task<Task<FlushResult>> WriteUntilStuckAsync(SocketPair pair)
    {
        while (true)
        {
            var flush = pair.Connection.Output.WriteAsync(new byte[Chunk]).AsTask();
            if (await Task.WhenAny(flush, Task.Delay(500)) != flush)
            {
                return flush;
            }
        }
    }
}
