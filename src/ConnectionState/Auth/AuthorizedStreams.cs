using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Auth;

/// <summary>The open streams of this process whose callers' credentials can end.</summary>
internal sealed class AuthorizedStreams(IOptions<AuthOptions> options, CredentialClock clock, TimeProvider timers)
{
    /// <summary>How long a message that is being written may take once the credential has ended.</summary>
    public static readonly TimeSpan WriteGrace = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<StreamAuthorization, bool> open = new();

    /// <summary>
    /// Begins to observe the credential of a stream's caller. Dispose the result when the stream ends. A stream that has not ended
    /// <see cref="WriteGrace"/> after its credential is aborted: its caller does not read, so that a write never completes.
    /// </summary>
    public StreamAuthorization Begin(HttpContext context) => Begin(Caller.Of(context), context.Abort);

    /// <inheritdoc cref="Begin(HttpContext)"/>
    public StreamAuthorization Begin(Caller caller, Action abort)
    {
        if (!caller.CanEnd)
        {
            return StreamAuthorization.Permanent;
        }

        var lifetime = options.Value.ClockSkew - clock.TimeSinceExpiry(caller);
        var authorization = new StreamAuthorization(caller, lifetime, timers, abort, ended => open.TryRemove(ended, out _));
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
    private readonly CancellationTokenSource? overdue;

    /// <param name="caller">The caller.</param>
    /// <param name="lifetime">How long the credential is valid, or null if it does not expire.</param>
    /// <param name="clock">The clock for timers.</param>
    /// <param name="abort">Aborts the stream.</param>
    /// <param name="onDispose">Called when the stream ends.</param>
    public StreamAuthorization(Caller caller, TimeSpan? lifetime, TimeProvider clock, Action abort, Action<StreamAuthorization> onDispose)
    {
        this.caller = caller;
        this.onDispose = onDispose;
        overdue = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        overdue.Token.UnsafeRegister(static abort => ((Action)abort!)(), abort);
        ended = lifetime is { } time && time < MaxWait
            ? new CancellationTokenSource(time > TimeSpan.Zero ? time : TimeSpan.Zero, clock)
            : new CancellationTokenSource();
        ended.Token.UnsafeRegister(static self => ((StreamAuthorization)self!).AllowLastWrite(), this);
    }

    private StreamAuthorization()
    {
    }

    /// <summary>Canceled when the credential has ended.</summary>
    public CancellationToken Ended => ended?.Token ?? CancellationToken.None;

    /// <summary>Why the stream must end, or null if it need not.</summary>
    public AuthFault? Fault => ended is not { IsCancellationRequested: true } ? null
        : caller.IsRevoked ? caller.WhyRevoked
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
        overdue?.Dispose();
    }

    private void AllowLastWrite()
    {
        try
        {
            overdue!.CancelAfter(AuthorizedStreams.WriteGrace);
        }
        catch (ObjectDisposedException)
        {
            // The stream has ended by itself.
        }
    }
}
