using System.Collections.Concurrent;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Refuses requests that are not valid messages. Logs the first one of each method only: anybody can send such requests, and they must not
/// fill the log.
/// </summary>
internal sealed partial class UnreadableRequests(ILogger<UnreadableRequests> logger)
{
    private readonly ConcurrentDictionary<string, bool> logged = new(StringComparer.Ordinal);

    /// <summary>Returns the error for the caller.</summary>
    public RpcException Refuse(IMethod method)
    {
        if (logged.TryAdd(method.FullName, true))
        {
            Log.Refused(logger, method.FullName);
        }

        return RpcErrors.UnreadableRequest();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Refused a request to {Method}: it is not a valid message. Logged once per method.")]
        public static partial void Refused(ILogger logger, string method);
    }
}
