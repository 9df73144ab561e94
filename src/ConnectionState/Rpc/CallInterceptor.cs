using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Store;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Validates every request and its metadata before the method runs, and turns outages, shutdown and bugs into a status.
/// </summary>
internal sealed partial class CallInterceptor(
    Instruments instruments, IHostApplicationLifetime lifetime, ILogger<CallInterceptor> logger) : Interceptor
{
    // As HTTP/2 counts headers: names, values and 32 bytes for each.
    private const int MaxMetadataSize = 16 * 1024;
    private const int HeaderOverhead = 32;

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(request, context, () => continuation(request, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) => RunAsync(request, context, async () =>
        {
            await continuation(request, responseStream, context);
            return true;
        });

    private async Task<T> RunAsync<T>(object request, ServerCallContext context, Func<Task<T>> method)
    {
        if (SizeOf(context.RequestHeaders) is > MaxMetadataSize and var size)
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted, $"The metadata of the call has {size} bytes. At most {MaxMetadataSize} are allowed."));
        }

        if (RequestValidator.Validate((IMessage)request) is { Length: > 0 } violations)
        {
            throw RpcErrors.InvalidRequest(violations);
        }

        try
        {
            return await method();
        }
        catch (StoreUnavailableException e)
        {
            Log.StoreUnavailable(logger, context.Method, e);
            throw RpcErrors.ToException(e);
        }
        catch (RecordUnreadableException e)
        {
            instruments.UnreadableRecords.Add(1);
            Log.RecordUnreadable(logger, context.Method, e);
            throw RpcErrors.ToException(e);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled. It may or may not have been carried out."));
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw RpcErrors.ServerStopping();
        }
        catch (Exception e) when (e is not RpcException)
        {
            Log.InternalError(logger, context.Method, e);
            throw new RpcException(new Status(StatusCode.Internal, "Internal error; see the server log."));
        }
    }

    private static int SizeOf(Metadata metadata) =>
        metadata.Sum(entry => HeaderOverhead + entry.Key.Length + (entry.IsBinary ? entry.ValueBytes.Length : entry.Value.Length));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Method} failed: the store does not answer.")]
        public static partial void StoreUnavailable(ILogger logger, string method, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "{Method} failed: a record cannot be read.")]
        public static partial void RecordUnreadable(ILogger logger, string method, Exception exception);

        [LoggerMessage(3, LogLevel.Error, "{Method} failed: internal error.")]
        public static partial void InternalError(ILogger logger, string method, Exception exception);
    }
}
