using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>The result of a read: a message, a failure, or neither if the stream has ended with OK.</summary>
/// <param name="Message">The message, or null.</param>
/// <param name="Failure">The failure, or null.</param>
/// <param name="IsFirst">True if the message is the first of its stream.</param>
/// <param name="IsSilent">True if the watchdog gave the stream up.</param>
/// <param name="IsRenewal">True if the stream was closed because the next token is there.</param>
internal readonly record struct StreamReadResult(
    WatchPageListResponse? Message, RpcException? Failure, bool IsFirst = false, bool IsSilent = false, bool IsRenewal = false);

/// <summary>One stream, with a watchdog for connections that are lost without an error. It ends before its token does.</summary>
internal sealed class WatchStream : IDisposable
{
    // A checkpoint may be late without anything being wrong.
    private const int MissedCheckpoints = 3;

    private readonly WatchService.WatchServiceClient client;
    private readonly WatchPageListRequest request;
    private readonly Uri address;
    private readonly TokenCache? tokens;
    private readonly TimeProvider clock;
    private readonly ClientMetrics metrics;
    private TimeSpan timeout;
    private AsyncServerStreamingCall<WatchPageListResponse>? call;
    private TokenLease? lease;

    public WatchStream(
        WatchService.WatchServiceClient client,
        WatchPageListRequest request,
        ConnectionStateClientOptions options,
        TokenCache? tokens,
        TimeProvider clock,
        ClientMetrics metrics)
    {
        (this.client, this.request, this.tokens, this.clock, this.metrics) = (client, request, tokens, clock, metrics);
        (address, timeout) = (options.Address, options.WatchOpenTimeout);
    }

    public bool HasReceived { get; private set; }

    /// <summary>
    /// Reads the next message, and gives the stream up after three missed checkpoints. If the server refuses the token of a new stream, another
    /// one is opened once with another token.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller stopped the watch.</exception>
    public async Task<StreamReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (call is null)
            {
                Open(tokens is null ? null : await GetTokenAsync(tokens, cancellationToken).ConfigureAwait(false));
            }

            var isNew = !HasReceived;
            var read = await ReadMessageAsync(cancellationToken).ConfigureAwait(false);
            if (lease is null || !AuthorizationInterceptor.IsTokenRefused(read.Failure))
            {
                return read;
            }

            if (isNew && await tokens!.ReplaceAsync(lease.Token, cancellationToken).ConfigureAwait(false) is { } other)
            {
                Close();
                Open(other);
                read = await ReadMessageAsync(cancellationToken).ConfigureAwait(false);
            }

            if (AuthorizationInterceptor.IsTokenRefused(read.Failure))
            {
                tokens!.Refuse(lease.Token);
            }

            return read;
        }
        catch (AccessTokenException e)
        {
            return new StreamReadResult(null, e.ToRpcException());
        }
    }

    public void Dispose() => Close();

    // The list may still be shown as live: a token is waited for as long as for the first message.
    private async Task<HeldToken> GetTokenAsync(TokenCache cache, CancellationToken cancellationToken)
    {
        try
        {
            return await cache.GetAsync(cancellationToken).AsTask().WaitAsync(timeout, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new AccessTokenException($"ConnectionStateClientOptions.TokenSource did not return a token within {timeout.TotalSeconds} s", e);
        }
    }

    private void Open(HeldToken? token)
    {
        call = client.WatchPageList(request, token is null ? null : new Metadata { token.Header });
        lease = token is null ? null : new TokenLease(token, tokens!, clock);
        metrics.StreamOpened();
    }

    private void Close()
    {
        if (call is null)
        {
            return;
        }

        call.Dispose();
        lease?.Dispose();
        metrics.StreamClosed();
    }

    private async Task<StreamReadResult> ReadMessageAsync(CancellationToken cancellationToken)
    {
        using var watchdog = new CancellationTokenSource(timeout, clock);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(watchdog.Token, lease?.Ended ?? default, cancellationToken);
        try
        {
            if (!await call!.ResponseStream.MoveNext(any.Token).ConfigureAwait(false))
            {
                return default;
            }

            var isFirst = !HasReceived;
            HasReceived = true;
            var message = call.ResponseStream.Current;
            timeout = message.CheckpointInterval?.ToTimeSpan() * MissedCheckpoints ?? timeout;
            return new StreamReadResult(message, null, isFirst);
        }
        catch (RpcException e)
        {
            return new StreamReadResult(null, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            if (lease is { Ended.IsCancellationRequested: true })
            {
                return lease.Problem is { } problem
                    ? new StreamReadResult(null, problem.ToRpcException())
                    : new StreamReadResult(null, null, IsRenewal: true);
            }

            var detail = $"No message from ConnectionState at {address} for {timeout}; the connection is considered lost.";
            var failure = new RpcException(new Status(StatusCode.Unavailable, detail), $"{StatusCode.Unavailable}: {detail}");
            return new StreamReadResult(null, failure, IsSilent: true);
        }
    }
}
