using System.Collections.Immutable;

namespace ConnectionStateService.Store;

/// <summary>All tokens of a merchant that were issued until a time are revoked.</summary>
internal sealed record Revocation(string MerchantId, DateTimeOffset Until);

/// <summary>What the processes of a store share about merchant tokens: the keys that sign them, and whose were revoked.</summary>
internal interface ITokenStore
{
    /// <summary>Reads the signing keys, sealed. Empty if there are none.</summary>
    ValueTask<byte[]> ReadSigningKeysAsync(CancellationToken cancellationToken);

    /// <summary>Replaces the signing keys if they are still the expected ones. Returns the keys that are stored afterwards.</summary>
    ValueTask<byte[]> ReplaceSigningKeysAsync(byte[] expected, byte[] replacement, CancellationToken cancellationToken);

    /// <summary>Stores a revocation, unless the merchant has a later one, and removes those until before <paramref name="forgetBefore"/>.</summary>
    ValueTask AddRevocationAsync(Revocation revocation, DateTimeOffset forgetBefore, CancellationToken cancellationToken);

    /// <summary>Reads the stored revocations.</summary>
    ValueTask<ImmutableArray<Revocation>> ReadRevocationsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Subscribes to revocations, until the returned object is disposed. Notifications are hints: they may be duplicated, late or lost. The callback
    /// must not block.
    /// </summary>
    IDisposable SubscribeRevocations(Action onRevoked);
}
