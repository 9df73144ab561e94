using System.Diagnostics;

namespace ConnectionStateService.Core.Decisions;

/// <summary>When tokens expire, and when the merchant is warned (R14).</summary>
internal static class ExpiryRules
{
    /// <summary>
    /// Returns the expiry of a token that is given or renewed now: <paramref name="requested"/>, or the provider's default if it is null.
    /// </summary>
    /// <returns>The expiry, or null if the token does not expire; and a fault if the expiry has already passed.</returns>
    public static (DateTimeOffset? ExpiresAt, Fault? Fault) GetExpiry(
        DecisionBuilder decision, Provider provider, DateTimeOffset? requested)
    {
        var expiresAt = requested ?? decision.Now + DefaultLifetime(provider, decision.Rules);
        return expiresAt <= decision.Now
            ? (null, new Fault.ExpiryInPast(expiresAt.Value, decision.Now))
            : (expiresAt, null);
    }

    /// <summary>Returns when the merchant is warned that the token expires soon, or null if it does not expire.</summary>
    public static DateTimeOffset? WarnAt(Connection connection, Rules rules) => connection.ExpiresAt - rules.WarningBefore;

    /// <summary>Expires a connected page whose token has expired, or warns the merchant if that is due.</summary>
    public static void ExpireOrWarn(DecisionBuilder decision, Connection connection)
    {
        if (connection.ExpiresAt is not { } expiresAt)
        {
            return;
        }

        if (expiresAt <= decision.Now)
        {
            decision.Fire(connection, Trigger.Expire, Cause.TokenExpired);
        }
        else if (!connection.ExpiresSoon && WarnAt(connection, decision.Rules) <= decision.Now)
        {
            decision.Put(connection with { ExpiresSoon = true }, new Change.ExpiryWarning(connection.Page, expiresAt));
        }
    }

    private static TimeSpan? DefaultLifetime(Provider provider, Rules rules) => provider switch
    {
        Provider.Facebook => rules.FacebookTokenLifetime,
        Provider.Zalo => rules.ZaloTokenLifetime,
        _ => throw new UnreachableException(),
    };
}
