using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Web.Internal;

/// <summary>Lets calls of gRPC-Web look like calls of gRPC to what comes after it, and answers them as gRPC-Web.</summary>
internal sealed class GrpcWebMiddleware(RequestDelegate next, IOptions<GrpcWebOptions> options)
{
    private const string Grpc = "application/grpc";

    public Task Invoke(HttpContext context) =>
        GrpcWebContentType.OfRequest(context.Request) is { } sent && IsEnabled(context) ? TranslateAsync(context, sent) : next(context);

    private bool IsEnabled(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<IGrpcWebEnabledMetadata>()?.GrpcWebEnabled ?? options.Value.DefaultEnabled;

    private async Task TranslateAsync(HttpContext context, GrpcWebContentType sent)
    {
        var (protocol, contentType) = (context.Request.Protocol, context.Request.ContentType);
        var answered = GrpcWebContentType.OfResponse(context.Request, sent);
        var call = new GrpcWebCall(context, sent, answered);
        context.Response.OnStarting(() =>
        {
            // The server writes the response by what the request's protocol is: from here on it has to be the real one.
            context.Request.Protocol = protocol;
            Answer(context.Response, answered);
            return Task.CompletedTask;
        });
        (context.Request.Protocol, context.Request.ContentType) = (HttpProtocol.Http2, Grpc);
        try
        {
            await next(context);
            await call.EndAsync();
        }
        finally
        {
            call.Detach();
            (context.Request.Protocol, context.Request.ContentType) = (protocol, contentType);
        }
    }

    // What is no answer of gRPC stays what it is.
    private static void Answer(HttpResponse response, GrpcWebContentType answered)
    {
        if (response.ContentType?.StartsWith(Grpc, StringComparison.OrdinalIgnoreCase) == true)
        {
            response.ContentType = answered.Text;
        }
    }
}
