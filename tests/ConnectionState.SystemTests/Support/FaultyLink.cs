using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// One connection through a <see cref="FaultProxy"/>: two sockets and the bytes between them.
/// </summary>
/// <param name="client">The socket of the client.</param>
/// <param name="delay">Returns the current delay.</param>
/// <param name="filter">Maps the bytes from the server to the bytes to forward, or to null to reset the connection.</param>
internal sealed class FaultyLink(Socket client, Func<TimeSpan> delay, Func<byte[], byte[]?> filter) : IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;

    private readonly Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource cut = new();
    private volatile bool silent;
    private long swallowed;
    private Task done = Task.CompletedTask;

    public long Swallowed => Interlocked.Read(ref swallowed);

    public void Start(int target) => done = RunAsync(target);

    public void Swallow() => silent = true;

    public void Cut() => cut.Cancel();

    public async ValueTask DisposeAsync()
    {
        Cut();
        await done;
        cut.Dispose();
    }

    private async Task RunAsync(int target)
    {
        client.NoDelay = true;
        try
        {
            if (!silent)
            {
                await server.ConnectAsync(IPAddress.Loopback, target, cut.Token);
                await Task.WhenAll(ForwardAsync(client, server), ForwardAsync(server, client));
            }
            else
            {
                await ForwardAsync(client, server);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Reset by the test or by one end, or the server does not listen.
        }
        finally
        {
            Close(client);
            Close(server);
        }
    }

    // After a cut both ends see a reset; otherwise the connection closes in order, and bytes in flight arrive.
    private void Close(Socket socket)
    {
        if (cut.IsCancellationRequested)
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        socket.Dispose();
    }

    // Reading does not wait for writing, so that a delay does not reduce the throughput.
    private Task ForwardAsync(Socket from, Socket to)
    {
        var pending = Channel.CreateBounded<(long At, byte[] Bytes)>(64);
        return Task.WhenAll(ReadAsync(from, pending.Writer), WriteAsync(pending.Reader, to));
    }

    private async Task ReadAsync(Socket from, ChannelWriter<(long At, byte[] Bytes)> pending)
    {
        var buffer = new byte[BufferSize];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer, cut.Token)) > 0)
            {
                if (silent)
                {
                    Interlocked.Add(ref swallowed, count);
                }
                else if ((from == server ? filter(buffer[..count]) : buffer[..count]) is { } bytes)
                {
                    await pending.WriteAsync((Stopwatch.GetTimestamp(), bytes), cut.Token);
                }
                else
                {
                    Cut();
                }
            }
        }
        catch (SocketException)
        {
            ForwardReset();
        }
        finally
        {
            pending.Complete();
        }
    }

    private async Task WriteAsync(ChannelReader<(long At, byte[] Bytes)> pending, Socket to)
    {
        try
        {
            await foreach (var (at, bytes) in pending.ReadAllAsync(cut.Token))
            {
                var wait = delay() - Stopwatch.GetElapsedTime(at);
                await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, cut.Token);
                for (var sent = 0; sent < bytes.Length && !silent;)
                {
                    sent += await to.SendAsync(bytes.AsMemory(sent), cut.Token);
                }
            }

            if (silent)
            {
                // Closing one end is swallowed too.
                await Task.Delay(Timeout.Infinite, cut.Token);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            ForwardReset();
        }
    }

    // A reset of one end resets the other, unless the link is silent.
    private void ForwardReset()
    {
        if (!silent)
        {
            Cut();
        }
    }
}
