using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Web.Internal;

/// <summary>
/// Keeps what is written until it is flushed, so that the end that a deadline brings, from another thread, never falls into a message that
/// is being written. In base64, what was written between two flushes becomes one piece, padded, so that it can be read at once.
/// </summary>
internal sealed class BodyWriter(PipeWriter output, bool isBase64) : PipeWriter
{
    private readonly Lock passing = new();

    // The writing thread's alone. Not kept from one flush to the next: streams are quiet most of the time.
    private ArrayBufferWriter<byte>? waiting;
    private bool hasEnded;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => waiting?.WrittenCount ?? 0;

    public override void Advance(int bytes) => (waiting ??= new()).Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => (waiting ??= new()).GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => (waiting ??= new()).GetSpan(sizeHint);

    public override void CancelPendingFlush() => output.CancelPendingFlush();

    // Begun under the lock: the end must not write in between, nor both begin the response.
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        lock (passing)
        {
            return TryPass() ? output.FlushAsync(cancellationToken) : new(new FlushResult(isCanceled: false, isCompleted: true));
        }
    }

    public override void Complete(Exception? exception = null)
    {
        TryPass();
        output.Complete(exception);
    }

    /// <summary>Hands on what was written.</summary>
    /// <returns>False, if the body has ended before; then it is nobody's any more.</returns>
    public bool TryPass()
    {
        var written = waiting;
        waiting = null;
        lock (passing)
        {
            if (!hasEnded && written is { WrittenCount: > 0 })
            {
                Put(written.WrittenSpan);
            }

            return !hasEnded;
        }
    }

    /// <summary>Ends the body with the trailers, if there are any. What is not handed on by then may be half a message, and is left out.</summary>
    public Task EndAsync(IHeaderDictionary trailers)
    {
        lock (passing)
        {
            if (!hasEnded && trailers.Count > 0)
            {
                Put(TrailersFrame.Of(trailers));
            }

            hasEnded = true;
            return output.FlushAsync().AsTask();
        }
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (!isBase64)
        {
            output.Write(bytes);
            return;
        }

        Base64.EncodeToUtf8(bytes, output.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var written);
        output.Advance(written);
    }
}
