using Grpc.Core;
using Grpc.Core.Interceptors;

namespace ConnectionStateService.Client;

/// <summary>
/// Sends the token in the header <c>authorization</c>, with TLS or as the options allow; call credentials of gRPC need TLS. A unary call whose token the
/// server refuses is sent once more with another token; not with a key, which has no other. A call that has the header already is left alone.
/// </summary>
internal sealed class AuthorizationInterceptor(TokenCache tokens) : Interceptor
{
    public const string HeaderName = "authorization";

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        if (Prepare(context) is { } prepared)
        {
            return continuation(request, prepared);
        }

        var disposed = new CancellationTokenSource();
        var call = SendAsync(request, context, continuation, disposed.Token);
        return new AsyncUnaryCall<TResponse>(
            GetResponseAsync(call),
            GetHeadersAsync(call, static sent => sent.ResponseHeadersAsync),
            () => GetStatus(call, static sent => sent.GetStatus()),
            () => GetTrailers(call, static sent => sent.GetTrailers()),
            disposed.Cancel);
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        if (Prepare(context) is { } prepared)
        {
            return continuation(request, prepared);
        }

        var token = GetTokenAsync(context.Options).AsTask().GetAwaiter().GetResult();
        try
        {
            return continuation(request, WithToken(context, token));
        }
        catch (RpcException e) when (IsTokenRefused(e))
        {
            if (ReplaceTokenAsync(token, context.Options).AsTask().GetAwaiter().GetResult() is not { } other)
            {
                throw;
            }

            token = other;
        }

        return continuation(request, WithToken(context, token));
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        if (Prepare(context) is { } prepared)
        {
            return continuation(request, prepared);
        }

        var disposed = new CancellationTokenSource();
        var call = OpenAsync(request, context, continuation, disposed.Token);
        return new AsyncServerStreamingCall<TResponse>(
            new StreamReader<TResponse>(async () => (await call.ConfigureAwait(false)).ResponseStream),
            GetHeadersAsync(call, static sent => sent.ResponseHeadersAsync),
            () => GetStatus(call, static sent => sent.GetStatus()),
            () => GetTrailers(call, static sent => sent.GetTrailers()),
            disposed.Cancel);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        if (Prepare(context) is { } prepared)
        {
            return continuation(prepared);
        }

        var disposed = new CancellationTokenSource();
        var call = OpenAsync(context, continuation, disposed.Token);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            new StreamWriter<TRequest, TResponse>(call),
            new StreamReader<TResponse>(async () => (await call.ConfigureAwait(false)).ResponseStream),
            GetHeadersAsync(call, static sent => sent.ResponseHeadersAsync),
            () => GetStatus(call, static sent => sent.GetStatus()),
            () => GetTrailers(call, static sent => sent.GetTrailers()),
            disposed.Cancel);
    }

    /// <summary>True if another token may help: the server has seen one and does not accept it.</summary>
    public static bool IsTokenRefused(RpcException? e) =>
        e is { StatusCode: StatusCode.Unauthenticated } && e.GetConnectionStateError().Reason is not V1.ErrorReason.TokenMissing;

    private async Task<AsyncUnaryCall<TResponse>> SendAsync<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation,
        CancellationToken disposed)
        where TRequest : class
        where TResponse : class
    {
        var token = await GetTokenAsync(context.Options).ConfigureAwait(false);
        var call = Send(token);
        if (await GetFailureAsync(call).ConfigureAwait(false) is { } first && IsTokenRefused(first)
            && await ReplaceTokenAsync(token, context.Options).ConfigureAwait(false) is { } other)
        {
            call = Send(other);
            if (await GetFailureAsync(call).ConfigureAwait(false) is { } second && IsTokenRefused(second))
            {
                tokens.Refuse(other);
            }
        }

        return call;

        AsyncUnaryCall<TResponse> Send(HeldToken held)
        {
            var sent = continuation(request, WithToken(context, held));
            disposed.Register(sent.Dispose);
            return sent;
        }
    }

    private async Task<AsyncServerStreamingCall<TResponse>> OpenAsync<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation,
        CancellationToken disposed)
        where TRequest : class
        where TResponse : class
    {
        var token = await GetTokenAsync(context.Options).ConfigureAwait(false);
        var call = continuation(request, WithToken(context, token));
        disposed.Register(call.Dispose);
        return new AsyncServerStreamingCall<TResponse>(
            new RefusalReader<TResponse>(call.ResponseStream, () => tokens.Refuse(token)),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    private async Task<AsyncDuplexStreamingCall<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation,
        CancellationToken disposed)
        where TRequest : class
        where TResponse : class
    {
        var token = await GetTokenAsync(context.Options).ConfigureAwait(false);
        var call = continuation(WithToken(context, token));
        disposed.Register(call.Dispose);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.RequestStream,
            new RefusalReader<TResponse>(call.ResponseStream, () => tokens.Refuse(token)),
            call.ResponseHeadersAsync,
            call.GetStatus,
            call.GetTrailers,
            call.Dispose);
    }

    private ValueTask<HeldToken> GetTokenAsync(CallOptions options) =>
        WithinDeadlineAsync(tokens.GetAsync(options.CancellationToken), options);

    private ValueTask<HeldToken?> ReplaceTokenAsync(HeldToken refused, CallOptions options) =>
        WithinDeadlineAsync(tokens.ReplaceAsync(refused, options.CancellationToken), options);

    // gRPC compares the deadline with the system clock.
    private static async ValueTask<T> WithinDeadlineAsync<T>(ValueTask<T> token, CallOptions options)
    {
        try
        {
            if (token.IsCompleted || options.Deadline is not { } deadline)
            {
                return await token.ConfigureAwait(false);
            }

            var left = deadline.ToUniversalTime() - TimeProvider.System.GetUtcNow().UtcDateTime;
            return await token.AsTask().WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero).ConfigureAwait(false);
        }
        catch (AccessTokenException e)
        {
            throw e.ToRpcException();
        }
        catch (TimeoutException e)
        {
            throw new AccessTokenException("ConnectionStateClientOptions.TokenSource did not return a token before the call's deadline", e)
                .ToRpcException(StatusCode.DeadlineExceeded);
        }
    }

    // Null if the token may have to be waited for, or replaced. A key never changes.
    private ClientInterceptorContext<TRequest, TResponse>? Prepare<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class =>
        context.Options.Headers?.Get(HeaderName) is not null ? context
        : tokens.Key is { } key ? WithToken(context, key)
        : null;

    private static ClientInterceptorContext<TRequest, TResponse> WithToken<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, HeldToken token)
        where TRequest : class
        where TResponse : class
    {
        var headers = new Metadata();
        foreach (var entry in context.Options.Headers ?? [])
        {
            headers.Add(entry);
        }

        headers.Add(token.Header);
        return new(context.Method, context.Host, context.Options.WithHeaders(headers));
    }

    private static async Task<RpcException?> GetFailureAsync<TResponse>(AsyncUnaryCall<TResponse> call)
    {
        await ((Task)call.ResponseAsync).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return call.ResponseAsync.Exception?.InnerException as RpcException;
    }

    private static async Task<TResponse> GetResponseAsync<TResponse>(Task<AsyncUnaryCall<TResponse>> call) =>
        await (await call.ConfigureAwait(false)).ResponseAsync.ConfigureAwait(false);

    private static Task<Metadata> GetHeadersAsync<TCall>(Task<TCall> call, Func<TCall, Task<Metadata>> get)
    {
        var headers = GetAsync();

        // Most callers do not read the headers.
        _ = headers.ContinueWith(static failed => failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return headers;

        async Task<Metadata> GetAsync() => await get(await call.ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static Status GetStatus<TCall>(Task<TCall> call, Func<TCall, Status> get) => call switch
    {
        { IsCompletedSuccessfully: true } => get(call.Result),
        { Exception.InnerException: RpcException e } => e.Status,
        { IsCompleted: true } => new Status(StatusCode.Cancelled, "The call was canceled."),
        _ => throw new InvalidOperationException("Unable to get the status because the call is not complete."),
    };

    private static Metadata GetTrailers<TCall>(Task<TCall> call, Func<TCall, Metadata> get) => call switch
    {
        { IsCompletedSuccessfully: true } => get(call.Result),
        { IsCompleted: true } => [],
        _ => throw new InvalidOperationException("Unable to get the trailers because the call is not complete."),
    };

    /// <summary>Reads a stream once it is open.</summary>
    private sealed class StreamReader<T>(Func<Task<IAsyncStreamReader<T>>> open) : IAsyncStreamReader<T>
    {
        private IAsyncStreamReader<T>? stream;

        public T Current => stream!.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            stream ??= await open().WaitAsync(cancellationToken).ConfigureAwait(false);
            return await stream.MoveNext(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes to a stream once it is open.</summary>
    private sealed class StreamWriter<TRequest, TResponse>(Task<AsyncDuplexStreamingCall<TRequest, TResponse>> call) : IClientStreamWriter<TRequest>
    {
        public WriteOptions? WriteOptions { get; set; }

        public async Task WriteAsync(TRequest message) => await (await OpenAsync().ConfigureAwait(false)).WriteAsync(message).ConfigureAwait(false);

        public async Task WriteAsync(TRequest message, CancellationToken cancellationToken) =>
            await (await OpenAsync().WaitAsync(cancellationToken).ConfigureAwait(false)).WriteAsync(message, cancellationToken).ConfigureAwait(false);

        public async Task CompleteAsync() => await (await OpenAsync().ConfigureAwait(false)).CompleteAsync().ConfigureAwait(false);

        private async Task<IClientStreamWriter<TRequest>> OpenAsync()
        {
            var stream = (await call.ConfigureAwait(false)).RequestStream;
            stream.WriteOptions = WriteOptions;
            return stream;
        }
    }

    /// <summary>Reports that the server refused the stream's token, so that the next stream uses another one.</summary>
    private sealed class RefusalReader<T>(IAsyncStreamReader<T> inner, Action onRefused) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                return await inner.MoveNext(cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException e) when (IsTokenRefused(e))
            {
                onRefused();
                throw;
            }
        }
    }
}
