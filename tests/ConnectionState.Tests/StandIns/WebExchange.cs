using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionState.Tests.StandIns;

/// <summary>One request to something that speaks gRPC, by way of what translates gRPC-Web; without a server.</summary>
internal static class WebExchange
{
    public const string Binary = "application/grpc-web";
    public const string Text = "application/grpc-web-text";

    /// <summary>Has a request answered.</summary>
    /// <returns>The body of the response, as it is on the wire.</returns>
    public static async Task<byte[]> AnswerAsync(
        string contentType,
        RequestDelegate answer,
        Stream? body = null,
        bool enabled = true,
        IEnumerable<object>? metadata = null,
        MemoryStream? response = null,
        string method = "POST")
    {
        response ??= new MemoryStream();
        var context = new DefaultHttpContext { Response = { Body = response } };
        (context.Request.Method, context.Request.Protocol, context.Request.ContentType) = (method, HttpProtocol.Http11, contentType);
        context.Request.Headers.Accept = contentType;
        context.Request.Body = body ?? Stream.Null;
        if (metadata is not null)
        {
            context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(metadata), null));
        }

        var pipeline = new ApplicationBuilder(new ServiceCollection().BuildServiceProvider());
        pipeline.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = enabled });
        pipeline.Run(answer);
        await pipeline.Build()(context);
        await context.Response.BodyWriter.FlushAsync();
        return response.ToArray();
    }

    /// <summary>Reads what a request says.</summary>
    public static async Task<byte[]> ReadAsync(string contentType, Stream body)
    {
        using var read = new MemoryStream();
        await AnswerAsync(contentType, async context => await context.Request.BodyReader.CopyToAsync(read), body);
        return read.ToArray();
    }
}
