using System.Diagnostics;
using ConnectionStateService.Core;
using Google.Protobuf;

namespace ConnectionStateService.Store.Records;

/// <summary>Maps trace contexts to the storage format and back.</summary>
internal static class TraceMapping
{
    private const int TraceIdLength = 16;
    private const int SpanIdLength = 8;

    public static ByteString ToStored(TraceContext? trace)
    {
        if (trace is null)
        {
            return ByteString.Empty;
        }

        Span<byte> bytes = stackalloc byte[TraceIdLength + SpanIdLength];
        trace.TraceId.CopyTo(bytes[..TraceIdLength]);
        trace.SpanId.CopyTo(bytes[TraceIdLength..]);
        return ByteString.CopyFrom(bytes);
    }

    /// <exception cref="InvalidDataException">The bytes are not a trace context.</exception>
    public static TraceContext? ToCore(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        0 => null,
        TraceIdLength + SpanIdLength => new(
            ActivityTraceId.CreateFromBytes(bytes[..TraceIdLength]), ActivitySpanId.CreateFromBytes(bytes[TraceIdLength..])),
        _ => throw new InvalidDataException($"a trace context has {bytes.Length} bytes"),
    };
}
