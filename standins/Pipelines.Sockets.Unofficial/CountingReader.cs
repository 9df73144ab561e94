using System.Buffers;
using System.IO.Pipelines;

namespace Pipelines.Sockets.Unofficial;

/// <summary>The user's end of what is received.</summary>
internal sealed class CountingReader(PipeReader inner, Action completed) : PipeReader
{
    private ReadOnlySequence<byte> current;
    private long consumed;

    public long Consumed => Interlocked.Read(ref consumed);

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
        {
            return false;
        }

        current = result.Buffer;
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var reading = inner.ReadAsync(cancellationToken);
        return reading.IsCompletedSuccessfully ? new(Keep(reading.Result)) : AwaitAsync(reading);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var length = current.IsEmpty ? 0 : current.Slice(0, consumed).Length;
        current = default;
        inner.AdvanceTo(consumed, examined);
        Interlocked.Add(ref this.consumed, length);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        // First the reason, then the end: what is woken by it may ask.
        completed();
        inner.Complete(exception);
    }

    private ReadResult Keep(ReadResult result)
    {
        current = result.Buffer;
        return result;
    }

    private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> reading) => Keep(await reading.ConfigureAwait(false));
}
