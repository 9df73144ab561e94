namespace ConnectionState.Tests.StandIns;

/// <summary>A body that comes in pieces: one for each read. After the last it ends, or stays open.</summary>
internal sealed class PieceStream(IEnumerable<byte[]> pieces, bool staysOpen = false) : Stream
{
    private readonly Queue<byte[]> pieces = new(pieces.Where(piece => piece.Length > 0));
    private Memory<byte> piece;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (piece.IsEmpty && pieces.TryDequeue(out var next))
        {
            piece = next;
        }
        else if (piece.IsEmpty && staysOpen)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        var count = Math.Min(buffer.Length, piece.Length);
        piece[..count].CopyTo(buffer);
        piece = piece[count..];
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();
}
