using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>A token in use. Its age is measured by the monotonic clock, from when it was obtained.</summary>
internal sealed class HeldToken(AccessToken token, TimeProvider clock)
{
    private const double RenewalShare = 0.8;

    // A source whose tokens are valid for less than a second is not asked all the time.
    private static readonly TimeSpan MinRenewalAge = TimeSpan.FromSeconds(1);

    private readonly long obtainedAt = clock.GetTimestamp();

    /// <summary>The time from when the token was obtained to its expiry, or null if it does not expire.</summary>
    public TimeSpan? Lifetime { get; } = token.ExpiresAt - clock.GetUtcNow();

    public string Value => token.Value;

    public Metadata.Entry Header { get; } = new(AuthorizationInterceptor.HeaderName, $"Bearer {token.Value}");

    /// <summary>The time to the expiry: zero if the token has expired, null if it does not expire.</summary>
    public TimeSpan? TimeToExpiry => TimeLeft(Lifetime);

    /// <summary>The time until the next token is due, at 80 % of the lifetime: zero if it is due, null if the token does not expire.</summary>
    public TimeSpan? TimeToRenewal => TimeLeft(Lifetime * RenewalShare < MinRenewalAge ? MinRenewalAge : Lifetime * RenewalShare);

    public bool IsExpired => TimeToExpiry == TimeSpan.Zero;

    public bool IsDue => TimeToRenewal == TimeSpan.Zero;

    private TimeSpan? TimeLeft(TimeSpan? maxAge)
    {
        var left = maxAge - clock.GetElapsedTime(obtainedAt);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }
}
