using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>A field of a request that the service could not accept.</summary>
/// <param name="Field">The field's path, as in the protos: <c>candidates[3].name</c>.</param>
/// <param name="Description">What is wrong.</param>
public sealed record FieldViolation(string Field, string Description);

/// <summary>A call that failed, at the service or on the way to it. A call that the caller cancels throws what cancelled calls do.</summary>
public sealed class ConnectionStateException : Exception
{
    internal ConnectionStateException(
        StatusCode statusCode,
        ErrorReason reason,
        string message,
        IReadOnlyDictionary<string, string> metadata,
        IReadOnlyList<FieldViolation> violations,
        TimeSpan? retryAfter,
        RpcException inner)
        : base(message, inner)
    {
        StatusCode = statusCode;
        Reason = reason;
        Metadata = metadata;
        Violations = violations;
        RetryAfter = retryAfter;
    }

    /// <summary>The gRPC status.</summary>
    public StatusCode StatusCode { get; }

    /// <summary>
    /// Why, as the service says; <see cref="ErrorReason.Unspecified"/> when the service said nothing: it was not reached, the
    /// deadline passed, or there is a bug.
    /// </summary>
    public ErrorReason Reason { get; }

    /// <summary>The values that the message mentions, by the names that <see cref="ErrorReason"/> documents.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>What is wrong with the request; empty unless <see cref="ErrorReason.InvalidRequest"/>.</summary>
    public IReadOnlyList<FieldViolation> Violations { get; }

    /// <summary>When the service said that another try is worth it; none: it did not say.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Trying again, with the same request id, may help and does no harm.</summary>
    public bool IsTransient => StatusCode is StatusCode.Unavailable or StatusCode.Aborted;
}
