using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>The result of a read: a message, a failure, or neither if the stream has ended with OK.</summary>
/// <param name="Message">The message, or null.</param>
/// <param name="Failure">The failure, or null.</param>
/// <param name="IsFirst">True if the message is the first of its stream.</param>
/// <param name="IsSilent">True if the watchdog gave the stream up.</param>
/// <param name="IsRenewal">True if the stream was closed because the next token is there.</param>
internal readonly record struct StreamReadResult<T>(
    T? Message, RpcException? Failure, bool IsFirst = false, bool IsSilent = false, bool IsRenewal = false) where T : class;

/// <summary>One stream, with a watchdog for connections that are lost without an error. It ends before its token does.</summary>
internal abstract class WatchStream<T> : IDisposable where T : class
{
    // A checkpoint may be late without anything being wrong.
    private const int MissedCheckpoints = 3;

    private readonly Uri address;
    private readonly TokenCache? tokens;
    private readonly TimeProvider clock;
    private readonly ClientMetrics metrics;
    private TimeSpan timeout;
    private IAsyncStreamReader<T>? messages;
    private TokenLease? lease;

    protected WatchStream(ConnectionStateClientOptions options, TokenCache? tokens, TimeProvider clock, ClientMetrics metrics)
    {
        (this.tokens, this.clock, this.metrics) = (tokens, clock, metrics);
        (address, timeout) = (options.Address, options.WatchOpenTimeout);
    }

    public bool HasReceived { get; private set; }

    /// <summary>
    /// Reads the next message, and gives the stream up after three missed checkpoints. If the server refuses the token of a new stream, another
    /// one is opened once with another token.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller stopped the watch.</exception>
    public async Task<StreamReadResult<T>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (messages is null)
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
            return new StreamReadResult<T>(null, e.ToRpcException());
        }
    }

    public void Dispose() => Close();

    /// <summary>Opens a call.</summary>
    protected abstract IAsyncStreamReader<T> OpenCall(Metadata? headers);

    /// <summary>Closes the call.</summary>
    protected abstract void CloseCall();

    /// <summary>Returns the interval of checkpoints, if the message has it.</summary>
    protected abstract Duration? IntervalOf(T message);

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
        messages = OpenCall(token is null ? null : new Metadata { token.Header });
        lease = token is null ? null : new TokenLease(token, tokens!, clock);
        metrics.StreamOpened();
    }

    private void Close()
    {
        if (messages is null)
        {
            return;
        }

        CloseCall();
        messages = null;
        lease?.Dispose();
        metrics.StreamClosed();
    }

    private async Task<StreamReadResult<T>> ReadMessageAsync(CancellationToken cancellationToken)
    {
        using var watchdog = new CancellationTokenSource(timeout, clock);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(watchdog.Token, lease?.Ended ?? default, cancellationToken);
        try
        {
            if (!await messages!.MoveNext(any.Token).ConfigureAwait(false))
            {
                return default;
            }

            var isFirst = !HasReceived;
            HasReceived = true;
            var message = messages.Current;
            timeout = IntervalOf(message)?.ToTimeSpan() * MissedCheckpoints ?? timeout;
            return new StreamReadResult<T>(message, null, isFirst);
        }
        catch (RpcException e)
        {
            return new StreamReadResult<T>(null, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            if (lease is { Ended.IsCancellationRequested: true })
            {
                return lease.Problem is { } problem
                    ? new StreamReadResult<T>(null, problem.ToRpcException())
                    : new StreamReadResult<T>(null, null, IsRenewal: true);
            }

            var detail = $"No message from ConnectionState at {address} for {timeout}; the connection is considered lost.";
            var failure = new RpcException(new Status(StatusCode.Unavailable, detail), $"{StatusCode.Unavailable}: {detail}");
            return new StreamReadResult<T>(null, failure, IsSilent: true);
        }
    }
}
