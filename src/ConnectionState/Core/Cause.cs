namespace ConnectionStateService.Core;

/// <summary>Why a connection is in its current state. The numbers are used in the API and in the store.</summary>
public enum Cause
{
    /// <summary>No cause: Pending and Connected need no explanation.</summary>
    None = 0,

    /// <summary>The merchant refused ("Từ chối") on the provider's consent page (R8).</summary>
    ConsentRefused = 1,

    /// <summary>The connect session timed out before the provider answered.</summary>
    SessionTimedOut = 2,

    /// <summary>The token expired (R14).</summary>
    TokenExpired = 3,

    /// <summary>The app's permission was removed at the provider (R13).</summary>
    PermissionRevoked = 4,

    /// <summary>The account no longer has a sufficient role on the page.</summary>
    RoleLost = 5,

    /// <summary>The page was deleted at the provider (R15).</summary>
    PageDeleted = 6,

    /// <summary>Another account signed in (R16).</summary>
    SignedInElsewhere = 7,

    /// <summary>The merchant disconnected the page (R20).</summary>
    MerchantDisconnected = 8,
}
