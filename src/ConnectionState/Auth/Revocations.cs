using System.Collections.Concurrent;

namespace ConnectionStateService.Auth;

/// <summary>
/// The merchants whose tokens were revoked, as far as tokens of that time may still be valid. Every call with a merchant token looks here, so it is
/// in memory.
/// </summary>
internal sealed class Revocations
{
    /// <summary>How long a revocation is kept: longer than any token that it covers is accepted.</summary>
    public static readonly TimeSpan Kept = MerchantTokenOptions.MaxLifetime + TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, long> revokedUntil = new(StringComparer.Ordinal);

    /// <summary>Whether a merchant's tokens of a time, in milliseconds since 1970, are revoked.</summary>
    public bool Covers(string merchantId, long issuedAt) => issuedAt <= UntilOf(merchantId);

    /// <summary>Returns until when a merchant's tokens are revoked, or the lowest number if they are not.</summary>
    public long UntilOf(string merchantId) => revokedUntil.TryGetValue(merchantId, out var until) ? until : long.MinValue;

    /// <summary>Adds a revocation. Returns whether it was not known.</summary>
    public bool Add(string merchantId, long until)
    {
        var before = UntilOf(merchantId);
        revokedUntil.AddOrUpdate(merchantId, until, (_, known) => Math.Max(known, until));
        return before < until;
    }

    /// <summary>Removes the revocations that cover no valid token any more.</summary>
    public void Forget(DateTimeOffset now)
    {
        var oldest = (now - Kept).ToUnixTimeMilliseconds();
        foreach (var revocation in revokedUntil.Where(revocation => revocation.Value < oldest))
        {
            revokedUntil.TryRemove(revocation);
        }
    }
}
