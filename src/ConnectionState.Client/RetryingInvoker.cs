using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>
/// Around every call: a deadline, a request id, retries where they are safe, and failures as <see cref="ConnectionStateException"/>.
/// Streams have no deadline and are not opened again.
/// </summary>
internal sealed class RetryingInvoker(CallInvoker inner, ConnectionStateClientOptions options, TimeProvider clock) : CallInvoker
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions callOptions, TRequest request)
    {
        var stamped = RequestStamp.Stamp(request, options.Actor);
        var bounded = callOptions.Deadline is null
            ? callOptions.WithDeadline((clock.GetUtcNow() + options.Deadline).UtcDateTime)
            : callOptions;
        var call = new RetryingCall<TResponse>(
            () => inner.AsyncUnaryCall(method, host, bounded, stamped), options, clock, bounded);
        return new AsyncUnaryCall<TResponse>(
            call.Response, call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions callOptions, TRequest request)
    {
        using var call = AsyncUnaryCall(method, host, callOptions, request);
        return call.GetAwaiter().GetResult();
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions callOptions, TRequest request)
    {
        var call = inner.AsyncServerStreamingCall(method, host, callOptions, request);
        return new AsyncServerStreamingCall<TResponse>(
            new StreamReader<TResponse>(call.ResponseStream, options.Address),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions callOptions) =>
        inner.AsyncClientStreamingCall(method, host, callOptions);

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions callOptions) =>
        inner.AsyncDuplexStreamingCall(method, host, callOptions);
}
