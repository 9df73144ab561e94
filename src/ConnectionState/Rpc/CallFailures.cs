using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>Turns outages, shutdown and bugs into the failure that the caller gets, and logs and counts them.</summary>
internal sealed partial class CallFailures(Instruments instruments, IHostApplicationLifetime lifetime, ILogger<CallFailures> logger)
{
    /// <summary>Returns the failure of a call.</summary>
    public RpcException Of(Exception exception, ServerCallContext context)
    {
        switch (exception)
        {
            case RpcException e:
                return e;
            case StoreUnavailableException e:
                Log.StoreUnavailable(logger, context.Method, e);
                return RpcErrors.ToException(e);
            case RecordUnreadableException e:
                instruments.UnreadableRecords.Add(1);
                Log.RecordUnreadable(logger, context.Method, e);
                return RpcErrors.ToException(e);
            case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled. It may or may not have been carried out."));
            case OperationCanceledException when lifetime.ApplicationStopping.IsCancellationRequested:
                return RpcErrors.ServerStopping();
            default:
                Log.InternalError(logger, context.Method, exception);
                return new RpcException(new Status(StatusCode.Internal, "Internal error; see the server log."));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Warning, "{Method} failed: the store does not answer.")]
        public static partial void StoreUnavailable(ILogger logger, string method, Exception exception);

        [LoggerMessage(2002, LogLevel.Error, "{Method} failed: a record cannot be read.")]
        public static partial void RecordUnreadable(ILogger logger, string method, Exception exception);

        [LoggerMessage(2003, LogLevel.Error, "{Method} failed: internal error.")]
        public static partial void InternalError(ILogger logger, string method, Exception exception);
    }
}
