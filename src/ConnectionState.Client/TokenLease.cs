namespace ConnectionStateService.Client;

/// <summary>The time that a stream may use its token: until the next one is there, or until the token expires.</summary>
internal sealed class TokenLease : IDisposable
{
    // Streams that share a token do not all reconnect at the same moment.
    private const double MaxSpread = 0.1;

    // Neither source is disposed: they hold no timer, and the other side may still use them.
    private readonly CancellationTokenSource ended = new();
    private readonly CancellationTokenSource disposed = new();

    /// <summary>Starts a lease.</summary>
    public TokenLease(HeldToken token, TokenCache tokens, TimeProvider clock)
    {
        Token = token;
        if (token.Lifetime is not null)
        {
            _ = WaitAsync(tokens, clock);
        }
    }

    public HeldToken Token { get; }

    /// <summary>Canceled when the stream must be closed.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>Why there is no next token, or null if there is one. Valid once <see cref="Ended"/> is canceled.</summary>
    public AccessTokenException? Problem { get; private set; }

    /// <summary>Stops the wait: the stream is closed.</summary>
    public void Dispose() => disposed.Cancel();

    private async Task WaitAsync(TokenCache tokens, TimeProvider clock)
    {
        try
        {
            Problem = await tokens.WaitForNextAsync(Token, disposed.Token).ConfigureAwait(false);
            if (Problem is null)
            {
                var spread = Token.Lifetime!.Value * MaxSpread * Random.Shared.NextDouble();
                var left = Token.TimeToExpiry!.Value;
                await Task.Delay(spread < left ? spread : left, clock, disposed.Token).ConfigureAwait(false);
            }

            await ended.CancelAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The stream ended before its token.
        }
    }
}
