using System.IO.Pipelines;
using System.Net.Sockets;

namespace Pipelines.Sockets.Unofficial;

/// <summary>A connected socket as two pipes.</summary>
public sealed class SocketConnection : IMeasuredDuplexPipe, IDisposable
{
    private readonly SocketTransport transport;
    private readonly DuplexPump pump;

    private SocketConnection(Socket socket, PipeOptions? sendOptions, PipeOptions? receiveOptions, SocketConnectionOptions options)
    {
        Socket = socket;
        transport = new(socket, options.HasFlag(SocketConnectionOptions.ZeroLengthReads));
        pump = DuplexPump.Start(transport, sendOptions, receiveOptions);
    }

    public Socket Socket { get; }

    public PipeReader Input => pump.Input;

    public PipeWriter Output => pump.Output;

    /// <summary>What ended the connection first; none while it lasts.</summary>
    public PipeShutdownKind ShutdownKind => pump.State.Kind;

    public SocketError SocketError => pump.State.Error;

    public long BytesRead => pump.TotalBytesReceived;

    public long BytesSent => pump.TotalBytesSent;

    /// <summary>What the last receive brought: 0 at the end.</summary>
    public int LastReceived => pump.LastReceived;

    long IMeasuredDuplexPipe.TotalBytesSent => BytesSent;

    long IMeasuredDuplexPipe.TotalBytesReceived => BytesRead;

    public static SocketConnection Create(
        Socket socket,
        PipeOptions? sendPipeOptions,
        PipeOptions? receivePipeOptions,
        SocketConnectionOptions connectionOptions = SocketConnectionOptions.None,
        string? name = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return new(socket, sendPipeOptions, receivePipeOptions, connectionOptions);
    }

    /// <summary>There is nothing that could be missing.</summary>
    public static void AssertDependencies()
    {
    }

    public static void SetRecommendedClientOptions(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.AddressFamily != AddressFamily.Unix)
        {
            socket.NoDelay = true;
        }
    }

    /// <summary>Notes that the protocol ended the connection, unless something else has.</summary>
    public bool TrySetProtocolShutdown(PipeShutdownKind kind) =>
        kind is PipeShutdownKind.ProtocolExitClient or PipeShutdownKind.ProtocolExitServer && pump.State.TrySet(kind);

    public Counters GetCounters() => new(transport.Available, pump.WaitingToBeRead, pump.WaitingToBeSent);

    public void Dispose() => pump.Dispose();

    /// <summary>Bytes that are on their way.</summary>
    public readonly struct Counters
    {
        internal Counters(long onSocket, long toBeRead, long toBeSent)
        {
            BytesAvailableOnSocket = onSocket;
            BytesWaitingToBeRead = toBeRead;
            BytesWaitingToBeSent = toBeSent;
        }

        public long BytesAvailableOnSocket { get; }

        public long BytesWaitingToBeRead { get; }

        public long BytesWaitingToBeSent { get; }
    }
}
