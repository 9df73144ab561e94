using System.Collections.Frozen;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.Net.Http.Headers;

namespace ConnectionStateService.Rpc.Json;

/// <summary>
/// One method in JSON, around JSON transcoding, which ignores unknown fields and parameters, reads a body of any size, and gives errors in a request no
/// details.
/// </summary>
/// <remarks>
/// A request with a body must say that it is JSON. So a page of a foreign origin cannot send it without asking first (CORS), as it could send a form.
/// </remarks>
internal sealed class JsonCall(
    RequestDelegate transcode, IMethod method, GrpcJsonTranscodingMetadata route, int maxSize, UnreadableRequests unreadable)
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default);
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly MessageDescriptor message = route.MethodDescriptor.InputType;
    private readonly bool hasBody = route.HttpRule.Body.Length > 0;
    private readonly FrozenSet<string> parameters = FindParameters(route);

    public async Task InvokeAsync(HttpContext context)
    {
        var body = context.Response.Body;
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        try
        {
            await AnswerAsync(context);
        }
        finally
        {
            context.Response.Body = body;
        }

        context.Response.ContentLength = answer.Length;
        answer.Position = 0;
        await answer.CopyToAsync(body, context.RequestAborted);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (await RefuseAsync(context))
        {
            return;
        }

        await transcode(context);
        if (context.Response.StatusCode >= StatusCodes.Status400BadRequest)
        {
            await CompleteErrorAsync(context);
        }
    }

    private Task<bool> RefuseAsync(HttpContext context)
    {
        if (context.Request.Query.Keys.FirstOrDefault(key => !parameters.Contains(key)) is { } unknown)
        {
            return RefuseAsync(context, $"the parameter '{unknown}' is unknown.");
        }

        if (hasBody)
        {
            return RefuseBodyAsync(context);
        }

        // JSON transcoding would read the charset and fail if it does not know it.
        context.Request.ContentType = null;
        return Task.FromResult(false);
    }

    private async Task<bool> RefuseBodyAsync(HttpContext context)
    {
        if (!IsJson(context.Request))
        {
            var failure = unreadable.Refuse(method, "its body must be JSON in UTF-8, with the header 'content-type: application/json'.");
            await JsonErrors.WriteAsync(context.Response, failure, StatusCodes.Status415UnsupportedMediaType);
            return true;
        }

        if (await ReadAsync(context.Request) is not { } body)
        {
            await JsonErrors.WriteAsync(context.Response, unreadable.RefuseSize(method, maxSize), StatusCodes.Status413PayloadTooLarge);
            return true;
        }

        if (FindProblem(body) is { } problem)
        {
            return await RefuseAsync(context, problem);
        }

        context.Request.Body = new MemoryStream(body);
        return false;
    }

    private async Task<bool> RefuseAsync(HttpContext context, string problem)
    {
        await JsonErrors.WriteAsync(context.Response, unreadable.Refuse(method, problem));
        return true;
    }

    private static bool IsJson(HttpRequest request) => MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals(JsonErrors.ContentType, StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    // Null if it is too large.
    private async Task<byte[]?> ReadAsync(HttpRequest request)
    {
        if (request.ContentLength > maxSize)
        {
            return null;
        }

        using var body = new MemoryStream();
        var buffer = new byte[4096];
        while (await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted) is > 0 and var count)
        {
            if (body.Length + count > maxSize)
            {
                return null;
            }

            body.Write(buffer, 0, count);
        }

        return body.ToArray();
    }

    private string? FindProblem(byte[] body)
    {
        try
        {
            Parser.Parse(Utf8.GetString(body), message);
            return null;
        }
        catch (DecoderFallbackException)
        {
            return "its body is not UTF-8.";
        }
        catch (Exception e) when (e is InvalidJsonException or InvalidProtocolBufferException)
        {
            return $"its body is not JSON of this method. {e.Message}";
        }
    }

    // An error without details is one of the request's path or parameters, which JSON transcoding has found, or has none over gRPC too.
    private async Task CompleteErrorAsync(HttpContext context)
    {
        var answer = context.Response.Body;
        answer.Position = 0;
        var error = JsonErrors.Read(answer);
        answer.SetLength(0);
        if ((StatusCode)error.Code == StatusCode.InvalidArgument && error.Details.Count == 0)
        {
            await RefuseAsync(context, error.Message);
            return;
        }

        await JsonErrors.WriteAsync(context.Response, error);
    }

    // Every field that the path does not have, by its names in JSON and in the protos.
    private static FrozenSet<string> FindParameters(GrpcJsonTranscodingMetadata route)
    {
        if (route.HttpRule.Body.Length > 0)
        {
            return [];
        }

        return Fields(route.MethodDescriptor.InputType, "", "").Where(field => !route.HttpRule.Get.Contains($"{{{field.Name}}}", StringComparison.Ordinal))
            .SelectMany(field => (string[])[field.Name, field.JsonName]).ToFrozenSet(StringComparer.Ordinal);
    }

    private static IEnumerable<(string Name, string JsonName)> Fields(MessageDescriptor message, string prefix, string jsonPrefix) =>
        message.Fields.InDeclarationOrder().SelectMany(field => field.FieldType == FieldType.Message
            ? Fields(field.MessageType, $"{prefix}{field.Name}.", $"{jsonPrefix}{field.JsonName}.")
            : [($"{prefix}{field.Name}", $"{jsonPrefix}{field.JsonName}")]);
}
