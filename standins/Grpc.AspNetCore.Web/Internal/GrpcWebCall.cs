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
    private readonly IFeatureCollection features;
    private readonly IRequestBodyPipeFeature? requestBody;
    private readonly IHttpResponseBodyFeature responseBody;
    private readonly IHttpResponseTrailersFeature? trailers;
    private readonly IHttpResetFeature? reset;
    private readonly PipeReader? ownReader;
    private readonly BodyWriter writer;
    private Stream? stream;

    /// <summary>Takes the place of the server's features until <see cref="Detach"/>.</summary>
    public GrpcWebCall(HttpContext context, GrpcWebContentType sent, GrpcWebContentType answered)
    {
        features = context.Features;
        requestBody = features.Get<IRequestBodyPipeFeature>();
        responseBody = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        trailers = features.Get<IHttpResponseTrailersFeature>();
        reset = features.Get<IHttpResetFeature>();
        var body = context.Request.BodyReader;
        ownReader = sent.IsBase64 ? PipeReader.Create(new Base64Stream(body.AsStream(leaveOpen: true))) : null;
        Reader = ownReader ?? body;
        writer = new BodyWriter(responseBody.Writer, answered.IsBase64);
        features.Set<IRequestBodyPipeFeature>(this);
        features.Set<IHttpResponseBodyFeature>(this);
        features.Set<IHttpResponseTrailersFeature>(this);
        features.Set<IHttpResetFeature>(this);
    }

    public PipeReader Reader { get; }

    public PipeWriter Writer => writer;

    public Stream Stream => stream ??= Writer.AsStream(leaveOpen: true);

    public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();

    /// <summary>Ends the body of an answer that is done: with the trailers, if there are any.</summary>
    /// <remarks>A response without a message has its status in its headers, as with gRPC, and an empty body.</remarks>
    public async Task EndAsync()
    {
        if (writer.TryPass() && Trailers.Count > 0)
        {
            await writer.EndAsync(Trailers);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken = default) => responseBody.StartAsync(cancellationToken);

    /// <summary>Ends the response although the call goes on: a deadline does, from another thread.</summary>
    public async Task CompleteAsync()
    {
        await writer.EndAsync(Trailers);
        await responseBody.CompleteAsync();
    }

    public void DisableBuffering() => responseBody.DisableBuffering();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    /// <summary>Asked of a response that is complete. With HTTP/1.1 that is all; breaking it off would take the connection along.</summary>
    public void Reset(int errorCode) => reset?.Reset(errorCode);

    public void Detach()
    {
        ownReader?.Complete();
        features.Set(requestBody);
        features.Set(responseBody);
        features.Set(trailers);
        features.Set(reset);
    }
}
