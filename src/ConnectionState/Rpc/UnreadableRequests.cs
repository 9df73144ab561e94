using System.Collections.Concurrent;
using ConnectionStateService.Telemetry;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Refuses requests that are not valid messages. Logs the first one of each method only: anybody can send such requests, and they must not
/// fill the log.
/// </summary>
internal sealed partial class UnreadableRequests(Instruments instruments, ILogger<UnreadableRequests> logger)
{
    private readonly ConcurrentDictionary<string, bool> logged = new(StringComparer.Ordinal);

    /// <summary>Returns the error for the caller.</summary>
    /// <param name="method">The method that was called.</param>
    /// <param name="problem">What is wrong with the request, as one sentence, if it is known.</param>
    public RpcException Refuse(IMethod method, string problem = RpcErrors.NotAMessage)
    {
        instruments.CountRefusal(CallName.Of(method), WireNames.Of(ErrorReason.InvalidRequest));
        if (logged.TryAdd(method.FullName, true))
        {
            Log.Refused(logger, method.FullName);
        }

        return RpcErrors.UnreadableRequest(problem);
    }

    /// <summary>Returns the error for the caller of a request that is too large.</summary>
    public RpcException RefuseSize(IMethod method, int limit)
    {
        var failure = RpcErrors.RequestTooLarge(limit);
        instruments.CountRefusal(CallName.Of(method), CallMeasurement.ReasonOrStatusOf(failure));
        return failure;
    }

    private static partial class Log
    {
        [LoggerMessage(2011, LogLevel.Information, "Refused a request to {Method}: it is not a valid message. Logged once per method.")]
        public static partial void Refused(ILogger logger, string method);
    }
}
