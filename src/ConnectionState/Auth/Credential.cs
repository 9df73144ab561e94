namespace ConnectionStateService.Auth;

/// <summary>What a caller was authenticated by.</summary>
internal abstract class Credential
{
    /// <summary>A credential that cannot be revoked.</summary>
    public static readonly Credential Permanent = new NeverRevoked();

    /// <summary>Whether it was revoked. Read for every call.</summary>
    public abstract bool IsRevoked { get; }

    /// <summary>Why a revoked credential is not valid.</summary>
    public virtual AuthFault WhyRevoked => new AuthFault.TokenRevoked();

    /// <summary>Whether its times are of the store's clock; otherwise they are of the clock of this process.</summary>
    public virtual bool UsesStoreClock => false;

    private sealed class NeverRevoked : Credential
    {
        public override bool IsRevoked => false;
    }
}

/// <summary>An entry of the key file.</summary>
internal sealed class FileCredential : Credential
{
    private volatile bool isRemoved;

    public override bool IsRevoked => isRemoved;

    /// <summary>The entry is no longer in the file, or changed.</summary>
    public void Remove() => isRemoved = true;
}

/// <summary>A merchant token.</summary>
/// <param name="revocations">The revocations of all merchants.</param>
/// <param name="merchantId">The merchant.</param>
/// <param name="issuedAt">When it was issued, in milliseconds since 1970.</param>
internal sealed class MerchantTokenCredential(Revocations revocations, string merchantId, long issuedAt) : Credential
{
    public override bool IsRevoked => revocations.Covers(merchantId, issuedAt);

    public override bool UsesStoreClock => true;
}

/// <summary>A token of the authority.</summary>
/// <param name="keys">The keys of the authority.</param>
/// <param name="keyId">The key that signed it.</param>
internal sealed class AuthorityCredential(JwtAuthorityKeys keys, string keyId) : Credential
{
    public override bool IsRevoked => !keys.Has(keyId);

    public override AuthFault WhyRevoked => keys.AreKnown ? new AuthFault.TokenRevoked() : new AuthFault.AuthorityUnavailable();
}
