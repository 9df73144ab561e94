using ConnectionState.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace ConnectionState.Client;

/// <summary>Reads what the service says about a failure from the call's trailers.</summary>
internal static class ErrorDetails
{
    private const string Trailer = "grpc-status-details-bin";
    private const string Domain = "connectionstate";

    public static ConnectionStateException ToException(RpcException exception, Uri address)
    {
        var status = Read(exception.Trailers);
        var info = Find<ErrorInfo>(status, ErrorInfo.Descriptor.FullName);
        if (info?.Domain != Domain)
        {
            info = null;
        }

        var violations = Find<BadRequest>(status, BadRequest.Descriptor.FullName)?.FieldViolations
            .Select(v => new FieldViolation(v.Field, v.Description)).ToList();
        return new ConnectionStateException(
            exception.StatusCode,
            Reason(info),
            info is null ? $"{exception.Status.Detail} ({address})" : exception.Status.Detail,
            info?.Metadata.ToDictionary() ?? [],
            violations ?? [],
            Find<RetryInfo>(status, RetryInfo.Descriptor.FullName)?.RetryDelay?.ToTimeSpan(),
            exception);
    }

    private static Status? Read(Metadata trailers)
    {
        try
        {
            return trailers.FirstOrDefault(entry => entry.Key == Trailer) is { } entry ? Status.Parser.ParseFrom(entry.ValueBytes) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            // Something between us and the service wrote the trailer. The status itself still counts.
            return null;
        }
    }

    private static T? Find<T>(Status? status, string name) where T : class, IMessage<T>, new() =>
        status?.Details.FirstOrDefault(detail => Google.Protobuf.WellKnownTypes.Any.GetTypeName(detail.TypeUrl) == name)?.Unpack<T>();

    // PAGE_NOT_OFFERED on the wire is PageNotOffered here. A reason that this version does not know yet is Unspecified.
    private static ErrorReason Reason(ErrorInfo? info) =>
        Enum.TryParse<ErrorReason>(info?.Type.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var reason)
            ? reason
            : ErrorReason.Unspecified;
}
