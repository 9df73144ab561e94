using System.Net.Sockets;

namespace Pipelines.Sockets.Unofficial;

/// <summary>What ended a connection. The first reason stays.</summary>
internal sealed class ShutdownState
{
    private int kind;

    public PipeShutdownKind Kind => (PipeShutdownKind)Volatile.Read(ref kind);

    public SocketError Error { get; private set; }

    public bool TrySet(PipeShutdownKind reason, SocketError error = SocketError.Success)
    {
        if (Interlocked.CompareExchange(ref kind, (int)reason, (int)PipeShutdownKind.None) != (int)PipeShutdownKind.None)
        {
            return false;
        }

        Error = error;
        return true;
    }

    /// <summary>Takes a failed receive or send for the reason.</summary>
    /// <returns>What the user of the pipes is to see; null if this side ended it.</returns>
    public Exception? Explain(Exception exception, bool reading)
    {
        var socketError = (exception as SocketException ?? exception.InnerException as SocketException)?.SocketErrorCode;
        var closedHere = exception is ObjectDisposedException or OperationCanceledException
            || socketError is SocketError.OperationAborted or SocketError.Interrupted or SocketError.NotSocket;
        var reason = closedHere ? reading ? PipeShutdownKind.ReadDisposed : PipeShutdownKind.WriteDisposed
            : socketError is not null ? reading ? PipeShutdownKind.ReadSocketError : PipeShutdownKind.WriteSocketError
            : exception is IOException ? reading ? PipeShutdownKind.ReadIOException : PipeShutdownKind.WriteIOException
            : reading ? PipeShutdownKind.ReadException : PipeShutdownKind.WriteException;

        TrySet(reason, socketError ?? SocketError.Success);
        if (closedHere)
        {
            return null;
        }

        return socketError is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown
            ? new ConnectionResetException(exception.Message, exception)
            : exception;
    }
}
