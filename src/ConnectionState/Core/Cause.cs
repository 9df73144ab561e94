namespace ConnectionStateService.Core;

/// <summary>Why a connection is in its state. The numbers are the wire's and the store's.</summary>
public enum Cause
{
    /// <summary>The state needs no explanation: Pending and Connected.</summary>
    None = 0,

    /// <summary>"Từ chối" on the provider's consent page (R8).</summary>
    ConsentRefused = 1,

    /// <summary>The connect session ended before the provider answered.</summary>
    SessionTimedOut = 2,

    /// <summary>The token's lifetime ended (R14).</summary>
    TokenExpired = 3,

    /// <summary>The app's permission was removed at the provider (R13).</summary>
    PermissionRevoked = 4,

    /// <summary>The account no longer has a sufficient role on the page.</summary>
    RoleLost = 5,

    /// <summary>The page was deleted at the provider (R15).</summary>
    PageDeleted = 6,

    /// <summary>Another account signed in (R16).</summary>
    SignedInElsewhere = 7,

    /// <summary>The merchant confirmed "disconnect" (R20).</summary>
    MerchantDisconnected = 8,
}
