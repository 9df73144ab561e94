using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace ConnectionStateService.Rpc;

/// <summary>
/// The request body below Grpc.AspNetCore.Web. If the body is not base64, that package throws in the middle of a read; the read must be
/// completed, or Kestrel cannot read the rest of the body, logs an error and closes the connection.
/// </summary>
internal sealed class TrackedBody(PipeReader body) : PipeReader, IRequestBodyPipeFeature
{
    private SequencePosition? openReadEnd;

    public PipeReader Reader => this;

    /// <summary>Tracks the bodies that follow in the pipeline and are base64.</summary>
    public static void Use(IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.Request.ContentType?.StartsWith("application/grpc-web-text", StringComparison.OrdinalIgnoreCase) == true)
        {
            var tracked = new TrackedBody(context.Request.BodyReader);
            context.Features.Set<IRequestBodyPipeFeature>(tracked);
            context.Features.Set(tracked);
        }

        return next(context);
    });

    /// <summary>Completes a read that is still open, and discards what it returned.</summary>
    public void DiscardOpenRead()
    {
        if (openReadEnd is { } end)
        {
            AdvanceTo(end);
        }
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await body.ReadAsync(cancellationToken);
        openReadEnd = result.Buffer.End;
        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        var hasRead = body.TryRead(out result);
        openReadEnd = hasRead ? result.Buffer.End : openReadEnd;
        return hasRead;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        openReadEnd = null;
        body.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => body.CancelPendingRead();

    public override void Complete(Exception? exception = null) => body.Complete(exception);
}
