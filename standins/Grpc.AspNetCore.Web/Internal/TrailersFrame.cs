using System.Buffers.Binary;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Web.Internal;

/// <summary>The frame that ends a body of gRPC-Web: a flag, the length in four bytes, the trailers as lines of HTTP/1.1.</summary>
internal static class TrailersFrame
{
    private const byte Flag = 0x80;
    private const int HeaderLength = 5;

    public static byte[] Of(IHeaderDictionary trailers)
    {
        var lines = from trailer in trailers
                    from value in trailer.Value
                    select $"{trailer.Key.ToLowerInvariant()}: {value}\r\n";
        var block = string.Concat(lines);
        var frame = new byte[HeaderLength + Encoding.UTF8.GetByteCount(block)];
        frame[0] = Flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - HeaderLength);
        Encoding.UTF8.GetBytes(block, frame.AsSpan(HeaderLength));
        return frame;
    }
}
