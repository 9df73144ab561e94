using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Auth;

/// <summary>The open streams of this process whose callers' credentials can end.</summary>
internal sealed class AuthorizedStreams(IOptions<AuthOptions> options, TimeProvider clock)
{
    private readonly ConcurrentDictionary<StreamAuthorization, bool> open = new();

    /// <summary>Begins to observe a caller's credential for a stream. Dispose the result when the stream ends.</summary>
    public StreamAuthorization Begin(Caller caller)
    {
        if (!caller.CanEnd)
        {
            return StreamAuthorization.Permanent;
        }

        var lifetime = caller.ExpiresAt is { } expiry ? expiry - clock.GetUtcNow() + options.Value.ClockSkew : (TimeSpan?)null;
        var authorization = new StreamAuthorization(caller, lifetime, clock, ended => open.TryRemove(ended, out _));
        open[authorization] = true;

        // It may have been revoked after the call was accepted and before the stream was added.
        authorization.EndIfRevoked();
        return authorization;
    }

    /// <summary>Ends the streams whose credentials were revoked.</summary>
    public void EndRevoked()
    {
        foreach (var (authorization, _) in open)
        {
            authorization.EndIfRevoked();
        }
    }
}

/// <summary>Tells a stream when its caller's credential has ended.</summary>
internal sealed class StreamAuthorization : IDisposable
{
    /// <summary>Of a caller whose credential does not end.</summary>
    public static readonly StreamAuthorization Permanent = new();

    // Timers wait at most about 49 days.
    private static readonly TimeSpan MaxWait = TimeSpan.FromDays(40);

    private readonly CancellationTokenSource? ended;
    private readonly Caller caller = Caller.Everybody;
    private readonly Action<StreamAuthorization>? onDispose;

    /// <param name="caller">The caller.</param>
    /// <param name="lifetime">How long the credential is valid, or null if it does not expire.</param>
    /// <param name="clock">The clock for timers.</param>
    /// <param name="onDispose">Called when the stream ends.</param>
    public StreamAuthorization(Caller caller, TimeSpan? lifetime, TimeProvider clock, Action<StreamAuthorization> onDispose)
    {
        this.caller = caller;
        this.onDispose = onDispose;
        ended = lifetime is { } time && time < MaxWait
            ? new CancellationTokenSource(time > TimeSpan.Zero ? time : TimeSpan.Zero, clock)
            : new CancellationTokenSource();
    }

    private StreamAuthorization()
    {
    }

    /// <summary>Canceled when the credential has ended.</summary>
    public CancellationToken Ended => ended?.Token ?? CancellationToken.None;

    /// <summary>Why the stream must end, or null if it need not.</summary>
    public AuthFault? Fault => ended is not { IsCancellationRequested: true } ? null
        : caller.IsRevoked ? new AuthFault.TokenRevoked()
        : new AuthFault.TokenExpired();

    /// <summary>Ends the stream if the credential was revoked.</summary>
    public void EndIfRevoked()
    {
        if (caller.IsRevoked)
        {
            try
            {
                // Not on this thread: the stream would run its last steps before the next one is ended.
                _ = ended?.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // The stream has ended by itself.
            }
        }
    }

    public void Dispose()
    {
        onDispose?.Invoke(this);
        ended?.Dispose();
    }
}
