using System.IO.Pipelines;

namespace Pipelines.Sockets.Unofficial;

/// <summary>The user's end of what is sent.</summary>
internal sealed class CountingWriter(PipeWriter inner, Action completed) : PipeWriter
{
    private long written;

    public long Written => Interlocked.Read(ref written);

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        inner.Advance(bytes);
        Interlocked.Add(ref written, bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        completed();
        inner.Complete(exception);
    }
}
