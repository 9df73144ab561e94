using System.Buffers;

namespace Pipelines.Sockets.Unofficial;

internal sealed class StreamTransport(Stream stream) : Transport
{
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => stream.ReadAsync(buffer);

    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        foreach (var part in bytes)
        {
            await stream.WriteAsync(part).ConfigureAwait(false);
        }

        await stream.FlushAsync().ConfigureAwait(false);
    }

    // A stream has no half that could be closed: it is closed when both directions have ended.
    public override bool TryEndReceiving() => false;

    public override void EndSending()
    {
    }

    public override void Close() => stream.Dispose();
}
