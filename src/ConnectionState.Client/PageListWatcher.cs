using System.Runtime.CompilerServices;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Client;

/// <summary>
/// Watches page lists over server restarts, failovers and lost connections, without missing a change, and reports when a list may be out of
/// date. Thread-safe; one instance serves any number of watches. Get it from <see cref="ConnectionStateClient.Watcher"/>.
/// </summary>
public sealed class PageListWatcher : IPageListWatcher
{
    // Spreads the watches that reconnect together over 2 seconds by default: the bound of the third delay.
    private const int ReturnAttempt = 3;

    // A silent stream has waited already, and its connection is about to be closed: the delay stays below 2 seconds by default.
    private const int MaxSilentAttempt = 3;

    private readonly WatchService.WatchServiceClient client;
    private readonly ConnectionStateClientOptions options;
    private readonly TokenCache? tokens;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly ClientMetrics metrics;
    private readonly CancellationToken stopping;
    private readonly ReconnectSignal reconnect = new();

    internal PageListWatcher(
        WatchService.WatchServiceClient client,
        ConnectionStateClientOptions options,
        TokenCache? tokens,
        TimeProvider clock,
        ILogger logger,
        ClientMetrics metrics,
        CancellationToken stopping)
    {
        (this.client, this.options, this.tokens, this.clock) = (client, options, tokens, clock);
        (this.logger, this.metrics, this.stopping) = (logger, metrics, stopping);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<PageListUpdate> WatchAsync(
        string merchantId, string? resumeToken = null, CancellationToken cancellationToken = default)
    {
        MerchantId.ThrowIfInvalid(merchantId);
        return RunAsync(merchantId, resumeToken, cancellationToken);
    }

    private async IAsyncEnumerable<PageListUpdate> RunAsync(
        string merchantId, string? resumeToken, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(stopping.IsCancellationRequested, typeof(ConnectionStateClient));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        var state = new WatchState(merchantId, resumeToken);
        for (var attempt = 1; ; attempt++)
        {
            StreamReadResult<WatchPageListResponse> read;
            ConnectionStateError? error;
            using (var stream = new PageListStream(client, state.CreateRequest(), options, tokens, clock, metrics))
            {
                while ((read = await ReadAsync(stream, stop.Token, cancellationToken).ConfigureAwait(false)).Message is { } message)
                {
                    attempt = 1;
                    if (read.IsFirst)
                    {
                        reconnect.NotifyConnected();
                    }

                    if (state.IsLive is not true)
                    {
                        ReportLive(state);
                    }

                    yield return state.Apply(message);
                }

                // A stream that ends without a failure after a message has reached its lifetime, or 80 % of that of its token. The next one
                // continues at once, and the list stays live.
                error = read.Failure?.GetConnectionStateError();
                if (read.Failure is not null || !stream.HasReceived)
                {
                    state.HandleRefusedToken(error);
                    if (state.IsPermanent(error))
                    {
                        Log.WatchFailed(logger, merchantId, error!.StatusCode, error.Message);
                        throw read.Failure!;
                    }

                    if (state.IsLive is not false)
                    {
                        Log.WatchStale(logger, merchantId, error?.Message ?? "the stream ended without a message");
                        yield return state.MarkStale(read.Failure, clock.GetTimestamp());
                    }
                }
            }

            metrics.Reconnecting(read.Failure?.StatusCode ?? StatusCode.OK);
            if (read.IsRenewal)
            {
                continue;
            }

            attempt = read.IsSilent ? Math.Min(attempt, MaxSilentAttempt) : attempt;
            await DelayAsync(attempt, error, stop.Token, cancellationToken).ConfigureAwait(false);
        }
    }

    private void ReportLive(WatchState state)
    {
        if (state.IsLive is null)
        {
            Log.WatchStarted(logger, state.MerchantId);
            return;
        }

        var stale = clock.GetElapsedTime(state.StaleSince);
        metrics.Recovered(stale);
        Log.WatchRecovered(logger, state.MerchantId, stale);
    }

    private static async Task<StreamReadResult<WatchPageListResponse>> ReadAsync(
        PageListStream stream, CancellationToken stop, CancellationToken caller)
    {
        try
        {
            return await stream.ReadAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw Stopped(caller);
        }
    }

    private async Task DelayAsync(int attempt, ConnectionStateError? error, CancellationToken stop, CancellationToken caller)
    {
        try
        {
            await DelayAsync(attempt, error, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw Stopped(caller);
        }
    }

    private async Task DelayAsync(int attempt, ConnectionStateError? error, CancellationToken cancellationToken)
    {
        var delay = Backoff.NextDelay(attempt, options.InitialWatchBackoff, options.MaxWatchBackoff);
        if (error?.RetryDelay is { } requested)
        {
            delay += requested < options.MaxWatchBackoff ? requested : options.MaxWatchBackoff;
        }

        if (ReconnectSignal.AppliesTo(error))
        {
            if (!await reconnect.WaitAsync(delay, clock, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            delay = Backoff.NextDelay(ReturnAttempt, options.InitialWatchBackoff, options.MaxWatchBackoff);
        }

        await Task.Delay(delay, clock, cancellationToken).ConfigureAwait(false);
    }

    private static Exception Stopped(CancellationToken caller) => caller.IsCancellationRequested
        ? new OperationCanceledException("The watch was canceled.", caller)
        : new ObjectDisposedException(typeof(ConnectionStateClient).FullName);
}
