using System.Collections.Immutable;
using System.Diagnostics;
using ConnectionStateService.Limits;
using ConnectionStateService.Telemetry;
using Google.Rpc;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>Measures one call, and is its span.</summary>
internal readonly struct CallMeasurement
{
    // As the conventions of OpenTelemetry spell them, by number.
    private static readonly ImmutableArray<string> StatusNames =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
    ];

    private readonly Instruments instruments;
    private readonly string method;
    private readonly long started;
    private readonly Activity? span;

    private CallMeasurement(Instruments instruments, string method, CallKind kind, Activity? span) =>
        (this.instruments, this.method, Kind, started, this.span) = (instruments, method, kind, Stopwatch.GetTimestamp(), span);

    /// <summary>What the method does.</summary>
    public CallKind Kind { get; }

    public static CallMeasurement Begin(Instruments instruments, TraceSampling sampling, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var name = http.GetEndpoint()?.Metadata.GetMetadata<CallName>();
        var method = name?.Value ?? CallName.Other;
        var span = Tracing.StartCall(method, http.Request.Headers, sampling);
        return new CallMeasurement(instruments, method, name?.Kind ?? CallKind.Read, span);
    }

    /// <summary>Records that the call succeeded.</summary>
    public void Succeed() => End(StatusCode.OK);

    /// <summary>Records that the call failed.</summary>
    public void Fail(RpcException error, ServerCallContext context)
    {
        // The caller gets this status, whatever a method does after the deadline.
        var status = error.StatusCode is StatusCode.Cancelled && context.Deadline <= DateTime.UtcNow ? StatusCode.DeadlineExceeded : error.StatusCode;
        End(status);
        if (status is not (StatusCode.Cancelled or StatusCode.DeadlineExceeded))
        {
            instruments.CountRefusal(method, ReasonOf(error) ?? NameOf(status));
        }
    }

    /// <summary>Returns what a refusal is counted by: the reason of its error, or its status if it has none.</summary>
    public static string ReasonOrStatusOf(RpcException error) => ReasonOf(error) ?? NameOf(error.StatusCode);

    /// <summary>Returns the name of a status in metrics and spans.</summary>
    public static string NameOf(StatusCode status) => (int)status < StatusNames.Length ? StatusNames[(int)status] : "_OTHER";

    private static string? ReasonOf(RpcException error) =>
        error.GetRpcStatus()?.GetDetail<ErrorInfo>() is { Domain: RpcErrors.Domain } info ? info.Reason : null;

    private void End(StatusCode status)
    {
        instruments.RecordCall(method, NameOf(status), Stopwatch.GetElapsedTime(started));
        if (span is null)
        {
            return;
        }

        span.SetTag(TagNames.Status, NameOf(status));
        if (IsFaultOfServer(status))
        {
            span.SetStatus(ActivityStatusCode.Error);
        }

        span.Dispose();
    }

    // As the conventions have it: other errors are those of the caller.
    private static bool IsFaultOfServer(StatusCode status) => status is StatusCode.Unknown or StatusCode.DeadlineExceeded
        or StatusCode.Unimplemented or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DataLoss;
}
