using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// One connection through a <see cref="FaultProxy"/>: two sockets and the bytes between them. <paramref name="answer"/> says what to pass
/// on of the bytes that arrived from the server, or nothing to cut the connection instead.
/// </summary>
internal sealed class FaultyLink(Socket client, Func<TimeSpan> delay, Func<byte[], byte[]?> answer) : IAsyncDisposable
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
                await Task.WhenAll(CarryAsync(client, server), CarryAsync(server, client));
            }
            else
            {
                await CarryAsync(client, server);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Cut, or one side went away without a word, or was not there.
        }
        finally
        {
            Close(client);
            Close(server);
        }
    }

    // What is cut ends with a reset; what both sides have ended ends in order, and what is on its way arrives.
    private void Close(Socket socket)
    {
        if (cut.IsCancellationRequested)
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        socket.Dispose();
    }

    // Reading and writing are apart, so that a delay makes things late and not few.
    private Task CarryAsync(Socket from, Socket to)
    {
        var late = Channel.CreateBounded<(long At, byte[] Bytes)>(64);
        return Task.WhenAll(ReadAsync(from, late.Writer), WriteAsync(late.Reader, to));
    }

    private async Task ReadAsync(Socket from, ChannelWriter<(long At, byte[] Bytes)> late)
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
                else if ((from == server ? answer(buffer[..count]) : buffer[..count]) is { } bytes)
                {
                    await late.WriteAsync((Stopwatch.GetTimestamp(), bytes), cut.Token);
                }
                else
                {
                    Cut();
                }
            }
        }
        catch (SocketException)
        {
            Lose();
        }
        finally
        {
            late.Complete();
        }
    }

    private async Task WriteAsync(ChannelReader<(long At, byte[] Bytes)> late, Socket to)
    {
        try
        {
            await foreach (var (at, bytes) in late.ReadAllAsync(cut.Token))
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
                // The end is swallowed like everything else.
                await Task.Delay(Timeout.Infinite, cut.Token);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            Lose();
        }
    }

    // One side was reset, so the other is, unless it must not hear of it.
    private void Lose()
    {
        if (!silent)
        {
            Cut();
        }
    }
}
