using System.Buffers;
using System.Buffers.Text;
using Grpc.Core;

namespace Grpc.AspNetCore.Web.Internal;

/// <summary>Reads base64 as it comes in: one piece after another, each of which may end with padding.</summary>
internal sealed class Base64Stream(Stream encoded) : Stream
{
    private const int Quad = 4;
    private const byte Padding = (byte)'=';

    private readonly byte[] block = new byte[1024];
    private readonly byte[] rest = new byte[Quad];
    private int restLength;
    private ReadOnlyMemory<byte> decoded;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (decoded.IsEmpty)
        {
            var read = await encoded.ReadAsync(block.AsMemory(restLength), cancellationToken);
            if (read == 0)
            {
                return restLength == 0 ? 0 : throw NoBase64();
            }

            Take(read);
        }

        var count = Math.Min(buffer.Length, decoded.Length);
        decoded[..count].CopyTo(buffer);
        decoded = decoded[count..];
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("gRPC reads asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    // Decodes the whole quads in place; what is left of one waits for the rest of it.
    private void Take(int read)
    {
        rest.AsSpan(0, restLength).CopyTo(block);
        var length = restLength + read;
        restLength = length % Quad;
        block.AsSpan(length - restLength, restLength).CopyTo(rest);
        decoded = block.AsMemory(0, Decode(block.AsSpan(0, length - restLength)));
    }

    private static int Decode(Span<byte> quads)
    {
        var written = 0;
        for (var rest = quads; !rest.IsEmpty;)
        {
            var padding = rest.IndexOf(Padding);
            var piece = rest[..(padding < 0 ? rest.Length : ((padding / Quad) + 1) * Quad)];
            if (Base64.DecodeFromUtf8InPlace(piece, out var bytes) != OperationStatus.Done)
            {
                throw NoBase64();
            }

            piece[..bytes].CopyTo(quads[written..]);
            written += bytes;
            rest = rest[piece.Length..];
        }

        return written;
    }

    // As gRPC answers a body that is no frames.
    private static RpcException NoBase64() => new(new Status(StatusCode.Internal, "The body is not base64."));
}
