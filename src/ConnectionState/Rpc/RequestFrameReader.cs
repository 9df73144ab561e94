using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Refuses a request body that is not a gRPC message, or not base64 where gRPC-Web uses base64. Grpc.AspNetCore would answer UNKNOWN and log
/// a stack trace.
/// </summary>
internal sealed class RequestFrameReader(HttpContext context, IMethod method, UnreadableRequests unreadable)
    : PipeReader, IRequestBodyPipeFeature
{
    // A message begins with a flag (0, or 1 if it is compressed) and its length.
    private const int HeaderSize = 5;

    private readonly PipeReader body = context.Request.BodyReader;
    private readonly bool isSingle = method.Type is MethodType.Unary or MethodType.ServerStreaming;
    private readonly bool isEncoded = context.Request.Headers.GrpcEncoding is { Count: > 0 };
    private bool isChecked;
    private bool isMessageRead;

    public PipeReader Reader => this;

    /// <summary>Reads the body of every gRPC call that follows in the pipeline.</summary>
    public static void Use(IApplicationBuilder app)
    {
        var unreadable = app.ApplicationServices.GetRequiredService<UnreadableRequests>();
        app.Use((context, next) =>
        {
            if (CallAuthorization.IsGrpc(context.Request) && context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is { } called)
            {
                context.Features.Set<IRequestBodyPipeFeature>(new RequestFrameReader(context, called.Method, unreadable));
            }

            return next(context);
        });
    }

    // Pooled: a body often arrives after the call has begun, and every such read would allocate.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ReadResult result;
        try
        {
            result = await body.ReadAsync(cancellationToken);
        }
        catch (InvalidOperationException)
        {
            // The reader of Grpc.AspNetCore.Web throws it if the body is not base64.
            context.Features.Get<TrackedBody>()?.DiscardOpenRead();
            throw unreadable.Refuse(method);
        }

        if (!isChecked && result.Buffer.Length >= HeaderSize)
        {
            isChecked = true;
            if (!IsHeader(result.Buffer.Slice(0, HeaderSize), isEncoded))
            {
                body.AdvanceTo(result.Buffer.End);
                throw unreadable.Refuse(method);
            }
        }

        if (isSingle && !IsOneMessage(result))
        {
            body.AdvanceTo(result.Buffer.End);
            throw unreadable.Refuse(method);
        }

        return result;
    }

    public override bool TryRead(out ReadResult result) => body.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => body.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => body.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => body.CancelPendingRead();

    public override void Complete(Exception? exception = null) => body.Complete(exception);

    // False if the body ends within its message, or goes on after it. Grpc.AspNetCore would answer INTERNAL. The message is consumed once it was read as a whole.
    private bool IsOneMessage(ReadResult result)
    {
        var length = result.Buffer.Length;
        if (isMessageRead)
        {
            return length == 0;
        }

        if (length < HeaderSize)
        {
            return !result.IsCompleted || result.IsCanceled;
        }

        var expected = HeaderSize + LengthOf(result.Buffer.Slice(0, HeaderSize));
        isMessageRead = length >= expected;
        return length == expected || (length < expected && !result.IsCompleted);
    }

    private static long LengthOf(ReadOnlySequence<byte> bytes)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        bytes.CopyTo(header);
        return BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
    }

    private static bool IsHeader(ReadOnlySequence<byte> bytes, bool isEncoded)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        bytes.CopyTo(header);
        var (flag, isNegativeLength) = (header[0], header[1] > sbyte.MaxValue);
        return flag <= (isEncoded ? 1 : 0) && !isNegativeLength;
    }
}
