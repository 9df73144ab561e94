using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;

namespace Grpc.AspNetCore.Web.Internal;

/// <summary>Writes base64. What was written between two flushes becomes one piece, padded, so that it can be read at once.</summary>
internal sealed class Base64Writer(PipeWriter output) : PipeWriter
{
    // Not kept from one flush to the next: streams are quiet most of the time.
    private ArrayBufferWriter<byte>? waiting;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => waiting?.WrittenCount ?? 0;

    public override void Advance(int bytes) => (waiting ??= new()).Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => (waiting ??= new()).GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => (waiting ??= new()).GetSpan(sizeHint);

    public override void CancelPendingFlush() => output.CancelPendingFlush();

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Encode();
        return output.FlushAsync(cancellationToken);
    }

    public override void Complete(Exception? exception = null)
    {
        Encode();
        output.Complete(exception);
    }

    private void Encode()
    {
        if (waiting is not { WrittenCount: > 0 } bytes)
        {
            return;
        }

        waiting = null;
        var target = output.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.WrittenCount));
        Base64.EncodeToUtf8(bytes.WrittenSpan, target, out _, out var written);
        output.Advance(written);
    }
}
