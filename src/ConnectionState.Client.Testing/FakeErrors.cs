using System.Text;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace ConnectionStateService.Client.Testing;

/// <summary>Creates the exceptions that calls of the client throw.</summary>
public static class FakeErrors
{
    /// <summary>The server cannot be reached.</summary>
    public static RpcException Unavailable() =>
        new(new(StatusCode.Unavailable, "Cannot reach ConnectionState (fake)."), "Unavailable: Cannot reach ConnectionState (fake).");

    /// <summary>The server did not answer in time.</summary>
    public static RpcException DeadlineExceeded() =>
        new(new(StatusCode.DeadlineExceeded, "ConnectionState did not answer (fake)."), "DeadlineExceeded: ConnectionState did not answer (fake).");

    /// <summary>The server refused the client's token.</summary>
    /// <param name="reason">TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED or TOKEN_REVOKED.</param>
    public static RpcException Unauthenticated(ErrorReason reason = ErrorReason.TokenExpired) =>
        Create(reason, StatusCode.Unauthenticated, $"The token is refused: {ToWire(reason)} (fake).");

    /// <summary>The server refused the call for a reason.</summary>
    /// <param name="reason">The reason; <see cref="ErrorReason"/> documents its status code and metadata.</param>
    /// <param name="statusCode">The gRPC status code that belongs to the reason.</param>
    /// <param name="message">The message.</param>
    /// <param name="metadata">The metadata, or null for none.</param>
    /// <param name="retryDelay">How long the server asks to wait, or null if it does not say.</param>
    public static RpcException Create(
        ErrorReason reason,
        StatusCode statusCode,
        string message = "",
        IReadOnlyDictionary<string, string>? metadata = null,
        TimeSpan? retryDelay = null)
    {
        var info = new ErrorInfo { Domain = "connectionstate", Reason = ToWire(reason) };
        info.Metadata.Add(metadata?.ToDictionary() ?? []);
        var status = new Status { Code = (int)statusCode, Message = message, Details = { Any.Pack(info) } };
        if (retryDelay is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }

        return status.ToRpcException();
    }

    // PageQuotaExceeded is PAGE_QUOTA_EXCEEDED on the wire.
    private static string ToWire(ErrorReason reason)
    {
        var wire = new StringBuilder();
        foreach (var c in reason.ToString())
        {
            wire.Append(char.IsAsciiLetterUpper(c) && wire.Length > 0 ? "_" : "").Append(char.ToUpperInvariant(c));
        }

        return wire.ToString();
    }
}
