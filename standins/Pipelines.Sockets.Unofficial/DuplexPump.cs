using System.IO.Pipelines;

namespace Pipelines.Sockets.Unofficial;

/// <summary>Moves bytes between a transport and two pipes until both directions have ended, and closes the transport then.</summary>
internal sealed class DuplexPump : IMeasuredDuplexPipe, IDisposable
{
    private const int LeastToReceiveInto = 512;

    private readonly Transport transport;
    private readonly Pipe receiving;
    private readonly Pipe sending;
    private readonly CountingReader input;
    private readonly CountingWriter output;
    private int receivingEnded;
    private int sendingEnded;
    private Exception? failure;
    private long received;
    private long sent;

    private DuplexPump(Transport transport, PipeOptions? sendOptions, PipeOptions? receiveOptions)
    {
        this.transport = transport;
        receiving = new(receiveOptions ?? PipeOptions.Default);
        sending = new(sendOptions ?? PipeOptions.Default);
        input = new(receiving.Reader, OnInputCompleted);
        output = new(sending.Writer, () => State.TrySet(PipeShutdownKind.OutputWriterCompleted));
    }

    public PipeReader Input => input;

    public PipeWriter Output => output;

    public ShutdownState State { get; } = new();

    public long TotalBytesReceived => Interlocked.Read(ref received);

    public long TotalBytesSent => Interlocked.Read(ref sent);

    public int LastReceived { get; private set; }

    public long WaitingToBeRead => Math.Max(0, TotalBytesReceived - input.Consumed);

    public long WaitingToBeSent => Math.Max(0, output.Written - TotalBytesSent);

    public static DuplexPump Start(Transport transport, PipeOptions? sendOptions, PipeOptions? receiveOptions)
    {
        var pump = new DuplexPump(transport, sendOptions, receiveOptions);
        (sendOptions ?? PipeOptions.Default).ReaderScheduler.Schedule(static state => _ = ((DuplexPump)state!).SendAllAsync(), pump);
        (receiveOptions ?? PipeOptions.Default).WriterScheduler.Schedule(static state => _ = ((DuplexPump)state!).ReceiveAllAsync(), pump);
        return pump;
    }

    public void Dispose()
    {
        State.TrySet(PipeShutdownKind.PipeDisposed);
        End();
    }

    // Nobody waits for these two; so they keep every exception to themselves, or pass it on to the pipe.
    private async Task ReceiveAllAsync()
    {
        try
        {
            await ReceiveToTheEndAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Note(State.Explain(exception, reading: true));
            End();
        }

        receiving.Writer.Complete(failure);
        EndDirection(ref receivingEnded);
    }

    private async Task ReceiveToTheEndAsync()
    {
        while (true)
        {
            await transport.WaitToReceiveAsync().ConfigureAwait(false);
            var count = await transport.ReceiveAsync(receiving.Writer.GetMemory(LeastToReceiveInto)).ConfigureAwait(false);
            LastReceived = count;
            if (count <= 0)
            {
                State.TrySet(PipeShutdownKind.ReadEndOfStream);
                return;
            }

            Interlocked.Add(ref received, count);
            receiving.Writer.Advance(count);
            var flushed = await receiving.Writer.FlushAsync().ConfigureAwait(false);
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                State.TrySet(flushed.IsCompleted ? PipeShutdownKind.ReadFlushCompleted : PipeShutdownKind.ReadFlushCanceled);
                return;
            }
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            await SendToTheEndAsync().ConfigureAwait(false);
            transport.EndSending();
        }
        catch (Exception exception)
        {
            Note(State.Explain(exception, reading: false));
            if (!transport.TryEndReceiving())
            {
                End();
            }
        }

        sending.Reader.Complete(failure);
        EndDirection(ref sendingEnded);
    }

    private async Task SendToTheEndAsync()
    {
        while (true)
        {
            var read = await sending.Reader.ReadAsync().ConfigureAwait(false);
            if (!read.Buffer.IsEmpty && !read.IsCanceled)
            {
                await transport.SendAsync(read.Buffer).ConfigureAwait(false);
                Interlocked.Add(ref sent, read.Buffer.Length);
            }

            sending.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || read.IsCanceled)
            {
                State.TrySet(PipeShutdownKind.WriteEndOfStream);
                return;
            }
        }
    }

    private void OnInputCompleted()
    {
        State.TrySet(PipeShutdownKind.InputReaderCompleted);
        transport.TryEndReceiving();
        EndDirection(ref receivingEnded);
    }

    private void Note(Exception? exception) => Interlocked.CompareExchange(ref failure, exception, null);

    private void EndDirection(ref int direction)
    {
        Interlocked.Exchange(ref direction, 1);
        if (Volatile.Read(ref receivingEnded) + Volatile.Read(ref sendingEnded) == 2)
        {
            End();
        }
    }

    // Whatever either direction waits for is over.
    private void End()
    {
        transport.Close();
        receiving.Writer.CancelPendingFlush();
        sending.Reader.CancelPendingRead();
    }
}
