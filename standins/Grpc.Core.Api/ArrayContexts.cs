using System.Buffers;

namespace Grpc.Core;

/// <summary>Lets a contextual serializer write to an array.</summary>
internal sealed class ArraySerializationContext : SerializationContext
{
    private readonly ArrayBufferWriter<byte> writer = new();
    private byte[]? payload;

    public static byte[] Serialize<T>(Action<T, SerializationContext> serializer, T message)
    {
        var context = new ArraySerializationContext();
        serializer(message, context);
        return context.payload ?? throw new InvalidOperationException("The serializer did not complete its context.");
    }

    public override void Complete(byte[] payload) => this.payload = payload;

    public override void Complete() => payload = writer.WrittenSpan.ToArray();

    public override IBufferWriter<byte> GetBufferWriter() => writer;

    public override void SetPayloadLength(int payloadLength)
    {
    }
}

/// <summary>Lets a contextual deserializer read from an array.</summary>
internal sealed class ArrayDeserializationContext(byte[] payload) : DeserializationContext
{
    public override int PayloadLength => payload.Length;

    public override byte[] PayloadAsNewBuffer() => payload.AsSpan().ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(payload);
}
