using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Pipelines.Sockets.Unofficial;

/// <summary>A socket operation that can be awaited, and given up by <see cref="Abort"/> while it is under way.</summary>
public class SocketAwaitableEventArgs(PipeScheduler? ioScheduler = null) : SocketAsyncEventArgs, ICriticalNotifyCompletion
{
    private static readonly Action done = () => { };

    private Action? continuation;
    private int aborted;

    public bool IsCompleted => ReferenceEquals(Volatile.Read(ref continuation), done);

    public SocketAwaitableEventArgs GetAwaiter() => this;

    /// <summary>How many bytes were moved; from here on it can be used again.</summary>
    /// <exception cref="SocketException">The operation failed or was given up.</exception>
    public int GetResult()
    {
        Volatile.Write(ref continuation, null);
        var error = (SocketError)Interlocked.Exchange(ref aborted, 0);
        if (error == SocketError.Success)
        {
            error = SocketError;
        }

        return error == SocketError.Success ? BytesTransferred : throw new SocketException((int)error);
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (Interlocked.CompareExchange(ref this.continuation, continuation, null) is not null)
        {
            Schedule(continuation);
        }
    }

    /// <summary>Wakes the awaiter: called by whoever found that the operation was done at once.</summary>
    public void Complete()
    {
        if (Interlocked.Exchange(ref continuation, done) is { } waiting && !ReferenceEquals(waiting, done))
        {
            Schedule(waiting);
        }
    }

    /// <summary>Wakes the awaiter with an error, whatever becomes of the operation.</summary>
    public void Abort(SocketError error = SocketError.OperationAborted)
    {
        Interlocked.CompareExchange(ref aborted, (int)error, (int)SocketError.Success);
        Complete();
    }

    protected override void OnCompleted(SocketAsyncEventArgs e) => Complete();

    private void Schedule(Action action)
    {
        if (ioScheduler is null)
        {
            action();
        }
        else
        {
            ioScheduler.Schedule(static state => ((Action)state!)(), action);
        }
    }
}
