using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Pipelines.Sockets.Unofficial;

internal sealed class SocketTransport(Socket socket, bool zeroLengthReads) : Transport
{
    private readonly List<ArraySegment<byte>> segments = [];

    public int Available
    {
        get
        {
            try
            {
                return socket.Available;
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return 0;
            }
        }
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => socket.ReceiveAsync(buffer, SocketFlags.None);

    public override ValueTask WaitToReceiveAsync() =>
        zeroLengthReads ? new(socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).AsTask()) : default;

    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            await SendAsync(bytes.First).ConfigureAwait(false);
            return;
        }

        if (!TryCollect(bytes))
        {
            foreach (var part in bytes)
            {
                await SendAsync(part).ConfigureAwait(false);
            }

            return;
        }

        var sent = await socket.SendAsync(segments, SocketFlags.None).ConfigureAwait(false);
        foreach (var part in bytes.Slice(sent))
        {
            await SendAsync(part).ConfigureAwait(false);
        }
    }

    public override bool TryEndReceiving()
    {
        Shutdown(SocketShutdown.Receive);
        return true;
    }

    public override void EndSending() => Shutdown(SocketShutdown.Send);

    public override void Close() => socket.Dispose();

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
        }
    }

    // Several stretches in one call of the system.
    private bool TryCollect(ReadOnlySequence<byte> bytes)
    {
        segments.Clear();
        foreach (var part in bytes)
        {
            if (!MemoryMarshal.TryGetArray(part, out var segment))
            {
                return false;
            }

            segments.Add(segment);
        }

        return true;
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }
    }
}
