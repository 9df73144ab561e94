using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace ConnectionStateService.Client;

/// <summary>Reads what the service says about a failure from the call's trailers.</summary>
internal static class ErrorDetails
{
    private const string Trailer = "grpc-status-details-bin";
    private const string Domain = "connectionstate";

    public static ConnectionStateException ToException(RpcException exception, Uri address)
    {
        var (info, bad, retry) = Read(exception.Trailers);
        if (info?.Domain != Domain)
        {
            info = null;
        }

        var violations = bad?.FieldViolations.Select(v => new FieldViolation(v.Field, v.Description)).ToList();
        return new ConnectionStateException(
            exception.StatusCode,
            Reason(info),
            info is null ? $"{exception.Status.Detail} ({address})" : exception.Status.Detail,
            info?.Metadata.ToDictionary() ?? [],
            violations ?? [],
            retry?.RetryDelay?.ToTimeSpan(),
            exception);
    }

    private static (ErrorInfo? Info, BadRequest? Bad, RetryInfo? Retry) Read(Metadata trailers)
    {
        try
        {
            var status = trailers.FirstOrDefault(e => e.Key == Trailer) is { } entry ? Status.Parser.ParseFrom(entry.ValueBytes) : null;
            return (Find<ErrorInfo>(status, ErrorInfo.Descriptor.FullName), Find<BadRequest>(status, BadRequest.Descriptor.FullName),
                Find<RetryInfo>(status, RetryInfo.Descriptor.FullName));
        }
        catch (InvalidProtocolBufferException)
        {
            // Something between us and the service wrote the trailer. The status itself still counts.
            return default;
        }
    }

    private static T? Find<T>(Status? status, string name) where T : class, IMessage<T>, new() =>
        status?.Details.FirstOrDefault(detail => Google.Protobuf.WellKnownTypes.Any.GetTypeName(detail.TypeUrl) == name)?.Unpack<T>();

    // PAGE_NOT_OFFERED on the wire is PageNotOffered here. A reason that this version does not know yet is Unspecified.
    private static ErrorReason Reason(ErrorInfo? info) =>
        Enum.TryParse<ErrorReason>(info?.Reason.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var reason)
            ? reason
            : ErrorReason.Unspecified;
}
