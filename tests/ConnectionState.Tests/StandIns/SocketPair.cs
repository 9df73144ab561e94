using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;

namespace ConnectionState.Tests.StandIns;

/// <summary>A connection over loopback: pipes on one end, the bare socket on the other.</summary>
internal sealed class SocketPair : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private SocketPair(Socket mine, Socket peer, PipeOptions options)
    {
        (Mine, Peer) = (mine, peer);
        Connection = SocketConnection.Create(mine, options, options);
    }

    public Socket Mine { get; }

    public Socket Peer { get; }

    public SocketConnection Connection { get; }

    public static async Task<SocketPair> ConnectAsync(PipeOptions? options = null)
    {
        var (mine, peer) = await ConnectSocketsAsync();
        return new(mine, peer, options ?? PipeOptions.Default);
    }

    public static async Task<(Socket Mine, Socket Peer)> ConnectSocketsAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var mine = new Socket(SocketType.Stream, ProtocolType.Tcp);
        SocketConnection.SetRecommendedClientOptions(mine);
        await mine.ConnectAsync(listener.LocalEndpoint);
        return (mine, await listener.AcceptSocketAsync());
    }

    /// <summary>Reads until so much is there, and takes it.</summary>
    public static async Task<byte[]> ReadAsync(PipeReader input, int count)
    {
        var result = await input.ReadAtLeastAsync(count).AsTask().WaitAsync(Patience);
        var bytes = result.Buffer.Slice(0, count);
        var copy = System.Buffers.BuffersExtensions.ToArray(bytes);
        input.AdvanceTo(bytes.End);
        return copy;
    }

    /// <summary>The other side is gone without a goodbye.</summary>
    public void ResetByPeer()
    {
        Peer.LingerState = new(enable: true, seconds: 0);
        Peer.Dispose();
    }

    public void Dispose()
    {
        Connection.Dispose();
        Mine.Dispose();
        Peer.Dispose();
    }
}
