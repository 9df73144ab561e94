using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Client;

/// <summary>
/// Adds the default deadline, request id and actor to unary calls, and makes the errors of all calls clear. It runs outside of the channel's
/// retries, so all attempts of a call carry the same request id.
/// </summary>
internal sealed class CallInterceptor(ConnectionStateClientOptions options, TimeProvider clock, ILogger logger) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var (stamped, requestId) = RequestStamp.Stamp(request, options.Actor);
        var bounded = WithDeadline(context);
        var started = clock.GetTimestamp();
        var call = continuation(stamped, bounded);
        var response = ReadAsync(call.ResponseAsync, bounded, requestId, started);
        return new AsyncUnaryCall<TResponse>(response, call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var (stamped, requestId) = RequestStamp.Stamp(request, options.Actor);
        var bounded = WithDeadline(context);
        var started = clock.GetTimestamp();
        try
        {
            return continuation(stamped, bounded);
        }
        catch (RpcException e)
        {
            throw ToFailure(e, bounded, requestId, started);
        }
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        var reader = new StreamReader<TResponse>(call.ResponseStream, options, context.Options.CancellationToken);
        return new AsyncServerStreamingCall<TResponse>(reader, call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(context);
        var reader = new StreamReader<TResponse>(call.ResponseStream, options, context.Options.CancellationToken);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.RequestStream, reader, call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    // By the system clock, whatever clock is registered: gRPC compares the deadline with it.
    private ClientInterceptorContext<TRequest, TResponse> WithDeadline<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class
    {
        if (context.Options.Deadline is not null)
        {
            return context;
        }

        var deadline = TimeProvider.System.GetUtcNow() + options.Deadline;
        return new(context.Method, context.Host, context.Options.WithDeadline(deadline.UtcDateTime));
    }

    private async Task<TResponse> ReadAsync<TRequest, TResponse>(
        Task<TResponse> response, ClientInterceptorContext<TRequest, TResponse> context, string? requestId, long started)
        where TRequest : class
        where TResponse : class
    {
        try
        {
            return await response.ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            throw ToFailure(e, context, requestId, started);
        }
    }

    private Exception ToFailure<TRequest, TResponse>(
        RpcException e, ClientInterceptorContext<TRequest, TResponse> context, string? requestId, long started)
        where TRequest : class
        where TResponse : class
    {
        if (e.StatusCode is StatusCode.Cancelled && context.Options.CancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException($"The call {context.Method.FullName} was canceled.", e, context.Options.CancellationToken);
        }

        var failure = ErrorMessages.Clarify(e, options, requestId, clock.GetElapsedTime(started));
        Log.CallFailed(logger, context.Method.FullName, failure.StatusCode, requestId, failure.Status.Detail);
        return failure;
    }

    private sealed class StreamReader<T>(IAsyncStreamReader<T> inner, ConnectionStateClientOptions options, CancellationToken callCancellation)
        : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                return await inner.MoveNext(cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException e) when (cancellationToken.IsCancellationRequested || callCancellation.IsCancellationRequested)
            {
                var token = cancellationToken.IsCancellationRequested ? cancellationToken : callCancellation;
                throw new OperationCanceledException("The stream was canceled.", e, token);
            }
            catch (RpcException e)
            {
                throw ErrorMessages.Clarify(e, options, null, null);
            }
        }
    }
}
