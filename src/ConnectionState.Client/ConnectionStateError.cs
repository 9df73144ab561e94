using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace ConnectionStateService.Client;

/// <summary>A request field that the server rejected.</summary>
/// <param name="Field">The field's path, as in the protos: <c>candidates[3].name</c>.</param>
/// <param name="Description">What is wrong with it.</param>
public sealed record FieldViolation(string Field, string Description);

/// <summary>
/// What is known about a failed call. Read it from an <see cref="RpcException"/> with
/// <see cref="RpcExceptionExtensions.GetConnectionStateError"/>.
/// </summary>
public sealed class ConnectionStateError
{
    internal const string RequestIdTrailer = "connectionstate-request-id";
    internal const string Domain = "connectionstate";

    private ConnectionStateError(RpcException exception, ErrorInfo? info, BadRequest? bad, RetryInfo? retry)
    {
        StatusCode = exception.StatusCode;
        Message = exception.Status.Detail;
        IsFromServer = info is not null;
        Reason = ParseReason(info);
        Metadata = info?.Metadata.ToDictionary() ?? [];
        Violations = bad?.FieldViolations.Select(v => new FieldViolation(v.Field, v.Description)).ToList() ?? [];
        RetryDelay = retry?.RetryDelay?.ToTimeSpan();
        RequestId = exception.Trailers.GetValue(RequestIdTrailer);
    }

    /// <summary>The gRPC status code.</summary>
    public StatusCode StatusCode { get; }

    /// <summary>
    /// The server's reason, or <see cref="ErrorReason.Unspecified"/> if the server gave none (it was not reached, the deadline passed, or
    /// an internal error occurred) or if this version of the client does not know the reason.
    /// </summary>
    public ErrorReason Reason { get; }

    /// <summary>What went wrong and what to do, in English. For logs; do not parse it.</summary>
    public string Message { get; }

    /// <summary>The values in the message, by the keys documented at <see cref="ErrorReason"/>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The rejected fields. Empty unless the reason is <see cref="ErrorReason.InvalidRequest"/>.</summary>
    public IReadOnlyList<FieldViolation> Violations { get; }

    /// <summary>How long to wait before another attempt, or null if the server did not say.</summary>
    public TimeSpan? RetryDelay { get; }

    /// <summary>
    /// The <c>request_id</c> that the call was sent with, or null if its request has none. Repeat the call with this id: the server applies
    /// it once.
    /// </summary>
    public string? RequestId { get; }

    /// <summary>
    /// True if the same call may succeed later: UNAVAILABLE, ABORTED, DEADLINE_EXCEEDED, or RESOURCE_EXHAUSTED with a
    /// <see cref="RetryDelay"/>. After ABORTED and RESOURCE_EXHAUSTED the last attempt was not applied. After
    /// UNAVAILABLE it is unknown: the connection may have broken, or the store may have failed during the commit. After DEADLINE_EXCEEDED
    /// it is unknown too. Repeat the request with the same <see cref="RequestId"/>: the server applies it once. The client does not retry
    /// DEADLINE_EXCEEDED itself, since the caller's time is up.
    /// </summary>
    public bool IsTransient => StatusCode is StatusCode.Unavailable or StatusCode.Aborted or StatusCode.DeadlineExceeded
        || (StatusCode is StatusCode.ResourceExhausted && RetryDelay is not null);

    /// <summary>True if the server itself explained the failure.</summary>
    internal bool IsFromServer { get; }

    internal static ConnectionStateError Read(RpcException exception)
    {
        try
        {
            var status = exception.Trailers.GetRpcStatus(ignoreParseError: true);
            var info = Find<ErrorInfo>(status);
            return info?.Domain == Domain
                ? new(exception, info, Find<BadRequest>(status), Find<RetryInfo>(status))
                : new(exception, null, null, Find<RetryInfo>(status));
        }
        catch (InvalidProtocolBufferException)
        {
            // A proxy wrote the trailer. The status code still counts.
            return new(exception, null, null, null);
        }
    }

    private static T? Find<T>(Status? status) where T : class, IMessage<T>, new() => status?.GetDetail<T>();

    // PAGE_NOT_OFFERED on the wire is PageNotOffered here.
    private static ErrorReason ParseReason(ErrorInfo? info) =>
        Enum.TryParse<ErrorReason>(info?.Reason.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var reason)
            ? reason
            : ErrorReason.Unspecified;
}

/// <summary>Reads ConnectionState's error details from gRPC exceptions.</summary>
public static class RpcExceptionExtensions
{
    /// <summary>
    /// Reads the reason, metadata, retry delay and request id of a failed call. Never null and never throws: an exception of another
    /// service has <see cref="ErrorReason.Unspecified"/>.
    /// </summary>
    /// <example><code>
    /// catch (RpcException e) when (e.GetConnectionStateError().Reason is ErrorReason.PageQuotaExceeded)
    /// </code></example>
    public static ConnectionStateError GetConnectionStateError(this RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return ConnectionStateError.Read(exception);
    }
}
