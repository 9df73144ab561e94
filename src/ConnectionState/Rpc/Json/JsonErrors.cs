using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Net.Http.Headers;
using HttpResponse = Microsoft.AspNetCore.Http.HttpResponse;
using Status = Google.Rpc.Status;

namespace ConnectionStateService.Rpc.Json;

/// <summary>Errors of calls in JSON: <c>google.rpc.Status</c> with its details, and the HTTP status that belongs to its code.</summary>
internal static class JsonErrors
{
    /// <summary>The media type of requests and responses.</summary>
    public const string ContentType = "application/json";

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithTypeRegistry(Details));

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithTypeRegistry(Details));

    /// <summary>The types of the details.</summary>
    public static TypeRegistry Details => TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor);

    /// <summary>Returns the HTTP status of a code, as google/rpc/code.proto has it.</summary>
    public static int ToHttpStatus(StatusCode code) => code switch
    {
        StatusCode.OK => StatusCodes.Status200OK,
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Reads what <see cref="WriteAsync(HttpResponse, Status, int?)"/> or JSON transcoding has written.</summary>
    public static Status Read(Stream json)
    {
        using var reader = new StreamReader(json, leaveOpen: true);
        return Parser.Parse<Status>(reader);
    }

    public static Task WriteAsync(HttpResponse response, RpcException failure, int? httpStatus = null) => WriteAsync(
        response, failure.GetRpcStatus() ?? new Status { Code = (int)failure.StatusCode, Message = failure.Status.Detail }, httpStatus);

    /// <summary>Writes an error.</summary>
    /// <param name="response">The response, which has not started.</param>
    /// <param name="status">The error.</param>
    /// <param name="httpStatus">The HTTP status, if it is not that of the code.</param>
    public static Task WriteAsync(HttpResponse response, Status status, int? httpStatus = null)
    {
        response.StatusCode = httpStatus ?? ToHttpStatus((StatusCode)status.Code);
        if (response.StatusCode == StatusCodes.Status401Unauthorized)
        {
            response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        }

        if (status.GetDetail<RetryInfo>() is { RetryDelay: { } delay })
        {
            response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(delay.ToTimeSpan().TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        response.ContentType = ContentType;
        return response.WriteAsync(Formatter.Format(status) + "\n");
    }
}
