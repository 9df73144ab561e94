using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Web.Internal;

/// <summary>
/// What one call finds in place of the server's own features: bodies that are translated on their way, trailers that become the last frame
/// of the body, and an end that HTTP/1.1 has.
/// </summary>
internal sealed class GrpcWebCall : IRequestBodyPipeFeature, IHttpResponseBodyFeature, IHttpResponseTrailersFeature, IHttpResetFeature
{
    private readonly HttpContext context;
    private readonly IRequestBodyPipeFeature? requestBody;
    private readonly IHttpResponseBodyFeature responseBody;
    private readonly IHttpResponseTrailersFeature? trailers;
    private readonly IHttpResetFeature? reset;
    private readonly PipeReader? ownReader;
    private Stream? stream;
    private bool isComplete;

    /// <summary>Takes the place of the server's features until <see cref="Detach"/>.</summary>
    public GrpcWebCall(HttpContext context, GrpcWebContentType sent, GrpcWebContentType answered)
    {
        this.context = context;
        var features = context.Features;
        requestBody = features.Get<IRequestBodyPipeFeature>();
        responseBody = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        trailers = features.Get<IHttpResponseTrailersFeature>();
        reset = features.Get<IHttpResetFeature>();
        var body = context.Request.BodyReader;
        ownReader = sent.IsBase64 ? PipeReader.Create(new Base64Stream(body.AsStream(leaveOpen: true))) : null;
        Reader = ownReader ?? body;
        Writer = answered.IsBase64 ? new Base64Writer(responseBody.Writer) : responseBody.Writer;
        features.Set<IRequestBodyPipeFeature>(this);
        features.Set<IHttpResponseBodyFeature>(this);
        features.Set<IHttpResponseTrailersFeature>(this);
        features.Set<IHttpResetFeature>(this);
    }

    public PipeReader Reader { get; }

    public PipeWriter Writer { get; }

    public Stream Stream => stream ??= Writer.AsStream(leaveOpen: true);

    public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();

    /// <summary>Ends the body with the trailers, if there are any and they are not there yet.</summary>
    /// <remarks>A response without a message has its status in its headers, as with gRPC, and an empty body.</remarks>
    public async Task WriteTrailersAsync()
    {
        if (isComplete || Trailers.Count == 0)
        {
            return;
        }

        isComplete = true;
        TrailersFrame.Write(Trailers, Writer);
        await Writer.FlushAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken = default) => responseBody.StartAsync(cancellationToken);

    public async Task CompleteAsync()
    {
        await WriteTrailersAsync();
        isComplete = true;
        await Writer.FlushAsync();
        await responseBody.CompleteAsync();
    }

    public void DisableBuffering() => responseBody.DisableBuffering();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    /// <summary>HTTP/1.1 can break a response off only with its connection; one that is complete needs no breaking off.</summary>
    public void Reset(int errorCode)
    {
        if (reset is not null)
        {
            reset.Reset(errorCode);
        }
        else if (!isComplete)
        {
            context.Abort();
        }
    }

    public void Detach()
    {
        ownReader?.Complete();
        context.Features.Set(requestBody);
        context.Features.Set(responseBody);
        context.Features.Set(trailers);
        context.Features.Set(reset);
    }
}
