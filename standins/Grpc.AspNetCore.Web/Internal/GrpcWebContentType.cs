using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Web.Internal;

/// <summary>A content type of gRPC-Web, as a caller wrote it, and whether bodies of it are base64.</summary>
internal sealed record GrpcWebContentType(string Text, bool IsBase64)
{
    private const string Binary = "application/grpc-web";
    private const string Base64 = "application/grpc-web-text";

    /// <summary>What the request's body is; null, if it is no gRPC-Web.</summary>
    public static GrpcWebContentType? OfRequest(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) ? Read(request.ContentType) : null;

    /// <summary>What the caller takes as an answer: what it asks for, or else the same as it sent.</summary>
    public static GrpcWebContentType OfResponse(HttpRequest request, GrpcWebContentType sent) =>
        request.Headers.GetCommaSeparatedValues(HeaderNames.Accept).Select(Read).FirstOrDefault(type => type is not null) ?? sent;

    private static GrpcWebContentType? Read(string? header)
    {
        var type = header?.Split(';')[0].Trim() ?? "";
        return Is(type, Binary) ? new(type, IsBase64: false) : Is(type, Base64) ? new(type, IsBase64: true) : null;
    }

    // By itself, or followed by "+" and the format of the messages.
    private static bool Is(string type, string wanted) =>
        type.StartsWith(wanted, StringComparison.OrdinalIgnoreCase) && (type.Length == wanted.Length || type[wanted.Length] == '+');
}
