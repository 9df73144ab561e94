using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Web.Internal;

/// <summary>A content type of gRPC-Web, as answers have it, and whether bodies of it are base64.</summary>
internal sealed record GrpcWebContentType
{
    private static readonly GrpcWebContentType Binary = new("application/grpc-web", isBase64: false);
    private static readonly GrpcWebContentType Base64 = new("application/grpc-web-text", isBase64: true);

    private GrpcWebContentType(string text, bool isBase64) => (Text, IsBase64) = (text, isBase64);

    public string Text { get; }

    public bool IsBase64 { get; }

    /// <summary>What the request's body is; null, if it is no gRPC-Web.</summary>
    public static GrpcWebContentType? OfRequest(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) ? Read(request.ContentType) : null;

    /// <summary>What the caller takes as an answer: what it asks for, or else the same as it sent.</summary>
    public static GrpcWebContentType OfResponse(HttpRequest request, GrpcWebContentType sent) =>
        request.Headers.GetCommaSeparatedValues(HeaderNames.Accept).Select(Read).FirstOrDefault(type => type is not null) ?? sent;

    // What a caller wrote is compared and never sent back.
    private static GrpcWebContentType? Read(string? header)
    {
        var type = header?.Split(';')[0].Trim() ?? "";
        return Is(type, Binary.Text) ? Binary : Is(type, Base64.Text) ? Base64 : null;
    }

    // By itself, or followed by "+" and the format of the messages.
    private static bool Is(string type, string wanted) =>
        type.StartsWith(wanted, StringComparison.OrdinalIgnoreCase) && (type.Length == wanted.Length || type[wanted.Length] == '+');
}
