using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Client;

/// <summary>
/// Keeps the current token. The next one is fetched at 80 % of its lifetime, in the background, by one fetch at a time for all callers.
/// </summary>
internal sealed class TokenCache
{
    // A source that gave no token is not asked again with every call.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(10);

    // Timers allow less than 50 days.
    private static readonly TimeSpan MaxDelay = TimeSpan.FromDays(1);

    private readonly object gate = new();
    private readonly Func<CancellationToken, ValueTask<AccessToken>> source;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly ClientMetrics metrics;
    private HeldToken? current;
    private Task<HeldToken>? fetch;
    private AccessTokenException? failure;
    private long failedAt;

    public TokenCache(Func<CancellationToken, ValueTask<AccessToken>> source, TimeProvider clock, ILogger logger, ClientMetrics metrics) =>
        (this.source, this.clock, this.logger, this.metrics) = (source, clock, logger, metrics);

    /// <summary>Creates the cache of the options' token source or key. Returns null if they have neither.</summary>
    public static TokenCache? Create(ConnectionStateClientOptions options, TimeProvider clock, ILogger logger, ClientMetrics metrics)
    {
        if (options.TokenSource is { } source)
        {
            return new(source, clock, logger, metrics);
        }

        if (options.ApiKey is not { } apiKey)
        {
            return null;
        }

        var key = new HeldToken(new AccessToken(apiKey), clock);
        return new(_ => new ValueTask<AccessToken>(new AccessToken(apiKey)), clock, logger, metrics) { Key = key, current = key };
    }

    /// <summary>The token, if it is a key: it never expires, and there is no other.</summary>
    public HeldToken? Key { get; private init; }

    /// <summary>Returns a token that has not expired. Waits only if there is none.</summary>
    /// <exception cref="AccessTokenException">The source gave no token.</exception>
    /// <exception cref="OperationCanceledException">The caller does not wait any longer. The fetch goes on for the others.</exception>
    public ValueTask<HeldToken> GetAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (current is not { IsExpired: false } token)
            {
                return new(FetchOnce().WaitAsync(cancellationToken));
            }

            if (token.IsDue && !IsPausing)
            {
                FetchOnce();
            }

            return new(token);
        }
    }

    /// <summary>Drops a token that the server refused.</summary>
    public void Refuse(HeldToken token)
    {
        lock (gate)
        {
            current = current == token ? null : current;
        }
    }

    /// <summary>Drops a token that the server refused. Returns another one, or null if the source has no other.</summary>
    /// <exception cref="AccessTokenException">The source gave no token.</exception>
    /// <exception cref="OperationCanceledException">The caller does not wait any longer.</exception>
    public async ValueTask<HeldToken?> ReplaceAsync(HeldToken refused, CancellationToken cancellationToken)
    {
        Refuse(refused);
        var other = await GetAsync(cancellationToken).ConfigureAwait(false);
        return other.Value == refused.Value ? null : other;
    }

    /// <summary>Waits from 80 % of a token's lifetime until there is another token, or until this one expires.</summary>
    /// <returns>Null if there is another token, otherwise why there is none.</returns>
    /// <exception cref="OperationCanceledException">The caller does not wait any longer.</exception>
    public async Task<AccessTokenException?> WaitForNextAsync(HeldToken token, CancellationToken cancellationToken)
    {
        while (!token.IsDue)
        {
            await DelayAsync(token.TimeToRenewal ?? MaxDelay, cancellationToken).ConfigureAwait(false);
        }

        var problem = "the token source has not returned the next one yet";
        while (token.TimeToExpiry is { } left && left > TimeSpan.Zero)
        {
            try
            {
                if ((await GetFreshAsync().WaitAsync(Min(left, MaxDelay), clock, cancellationToken).ConfigureAwait(false)).Value != token.Value)
                {
                    return null;
                }

                problem = "the token source returned the same one again";
            }
            catch (AccessTokenException e)
            {
                problem = e.Message;
            }
            catch (TimeoutException)
            {
                continue;
            }

            await DelayAsync(Min(RetryInterval, token.TimeToExpiry!.Value), cancellationToken).ConfigureAwait(false);
        }

        return new($"the token has expired, and {problem}");
    }

    // True if the source failed a moment ago.
    private bool IsPausing => failure is not null && clock.GetElapsedTime(failedAt) < RetryInterval;

    private Task<HeldToken> GetFreshAsync()
    {
        lock (gate)
        {
            return current is { IsDue: false } token ? Task.FromResult(token) : FetchOnce();
        }
    }

    // Runs under the lock.
    private Task<HeldToken> FetchOnce()
    {
        if (fetch is not null)
        {
            return fetch;
        }

        if (IsPausing)
        {
            return Task.FromException<HeldToken>(failure!);
        }

        var result = new TaskCompletionSource<HeldToken>(TaskCreationOptions.RunContinuationsAsynchronously);

        // Without the execution context of the caller: the fetch is for all callers, and must not belong to the trace of one.
        ThreadPool.UnsafeQueueUserWorkItem(static run => _ = run.cache.FetchAsync(run.result), (cache: this, result), preferLocal: false);
        return fetch = result.Task;
    }

    private async Task FetchAsync(TaskCompletionSource<HeldToken> result)
    {
        try
        {
            var token = await CallSourceAsync().ConfigureAwait(false);
            End(token, null);
            result.SetResult(token);
        }
        catch (Exception e)
        {
            var problem = e as AccessTokenException
                ?? new AccessTokenException($"ConnectionStateClientOptions.TokenSource failed with {e.GetType().Name}: {e.Message.TrimEnd('.')}", e);
            End(null, problem);
            Log.NoAccessToken(logger, problem.Message);
            result.SetException(problem);

            // In the background nobody waits for the result.
            _ = result.Task.Exception;
        }
    }

    private void End(HeldToken? token, AccessTokenException? problem)
    {
        lock (gate)
        {
            (fetch, failure, failedAt) = (null, problem, clock.GetTimestamp());
            current = token ?? current;
        }

        metrics.TokenFetched(token is null ? "failed" : "ok");
    }

    private async Task<HeldToken> CallSourceAsync()
    {
        using var timeout = new CancellationTokenSource(FetchTimeout, clock);
        AccessToken? token;
        try
        {
            token = await source(timeout.Token).AsTask().WaitAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
        {
            throw new AccessTokenException($"ConnectionStateClientOptions.TokenSource did not return a token within {FetchTimeout.TotalSeconds} s", e);
        }

        if (token is null)
        {
            throw new AccessTokenException("ConnectionStateClientOptions.TokenSource returned null");
        }

        var held = new HeldToken(token, clock);
        return !held.IsExpired ? held : throw new AccessTokenException(
            $"ConnectionStateClientOptions.TokenSource returned a token that expired at {token.ExpiresAt:u}; it is {clock.GetUtcNow():u} here. "
            + "Check the clock, and that the source does not keep tokens for too long");
    }

    private Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(Min(delay, MaxDelay), clock, cancellationToken);

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
