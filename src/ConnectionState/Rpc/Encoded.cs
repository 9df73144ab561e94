using System.Buffers;
using Google.Protobuf;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>
/// A message in its wire format. A handler returns it in place of the message, so that one encoding serves many calls: to encode a page list takes
/// longer than all else that the handler does for a cached merchant.
/// </summary>
/// <typeparam name="T">The type of the message, as declared in the protos.</typeparam>
internal sealed class Encoded<T> where T : class
{
    private readonly byte[] bytes;

    // Fields that only one caller gets. In the wire format, two messages in a row are one message with the fields of both.
    private readonly byte[] more;

    public Encoded(byte[] bytes, byte[]? more = null) => (this.bytes, this.more) = (bytes, more ?? []);

    /// <summary>Writes the bytes of a response. It cannot read requests.</summary>
    public static Marshaller<Encoded<T>> Marshaller { get; } = new(Write, _ => throw new NotSupportedException());

    /// <summary>The bytes, without the fields that were added for one caller.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>Returns the message with the encoded fields of another one, which this one does not have.</summary>
    public Encoded<T> With(byte[] fields) => new(bytes, fields);

    private static void Write(Encoded<T> message, SerializationContext context)
    {
        context.SetPayloadLength(message.bytes.Length + message.more.Length);
        var writer = context.GetBufferWriter();
        writer.Write(message.bytes);
        writer.Write(message.more);
        context.Complete();
    }
}

/// <summary>Encodes messages.</summary>
internal static class Encoded
{
    public static Encoded<T> ToEncoded<T>(this T message) where T : class, IMessage<T> => new(message.ToByteArray());

    /// <summary>Returns the message with the fields of another one, which this one does not have.</summary>
    public static Encoded<T> With<T>(this Encoded<T> message, T fields) where T : class, IMessage<T> => message.With(fields.ToByteArray());
}
