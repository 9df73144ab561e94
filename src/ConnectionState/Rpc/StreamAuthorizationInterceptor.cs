using ConnectionStateService.Auth;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Ends the streams of the standard services (health, reflection) when their callers' credentials end. WatchRpc does that itself, because it must not
/// cancel a write.
/// </summary>
internal sealed class StreamAuthorizationInterceptor(AuthorizedStreams streams) : Interceptor
{
    private const string StandardServices = "/grpc.";

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => continuation(request, responseStream, context));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => continuation(requestStream, responseStream, context));

    private async Task RunAsync(ServerCallContext context, Func<Task> handle)
    {
        if (!context.Method.StartsWith(StandardServices, StringComparison.Ordinal))
        {
            await handle();
            return;
        }

        // The handler's token is that of the request.
        var http = context.GetHttpContext();
        using var authorization = streams.Begin(http);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, authorization.Ended);
        http.RequestAborted = ending.Token;
        try
        {
            await handle();
        }
        catch (Exception) when (authorization.Fault is not null)
        {
            // Answered below.
        }

        if (authorization.Fault is { } fault)
        {
            throw RpcErrors.ToException(fault);
        }
    }
}
