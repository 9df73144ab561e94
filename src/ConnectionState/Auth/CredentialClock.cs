using ConnectionStateService.Store;

namespace ConnectionStateService.Auth;

/// <summary>
/// Measures how far credentials are from their expiry. The service's own tokens are measured by the store's clock, by which any process may have issued
/// them; those of others by the clock of this process, which is synchronized with theirs.
/// </summary>
internal sealed class CredentialClock(TimeProvider clock, IStoreClock storeClock)
{
    /// <summary>Returns how long ago a caller's credential expired: negative if it has not yet, null if it does not expire. Does not wait.</summary>
    public TimeSpan? TimeSinceExpiry(Caller caller) => caller.ExpiresAt is not { } expiry ? null
        : caller.UsesStoreClock ? storeClock.EstimateAge(expiry)
        : clock.GetUtcNow() - expiry;
}
