namespace ConnectionStateService.Core;

/// <summary>Where a connection stands. The numbers are the wire's and the store's.</summary>
public enum State
{
    /// <summary>There is no connection. Never stored, never sent.</summary>
    None = 0,

    /// <summary>A page was chosen; the provider has not answered yet.</summary>
    Pending = 1,

    /// <summary>The page works.</summary>
    Connected = 2,

    /// <summary>The merchant refused on the provider's consent page, or let the session run out.</summary>
    Refused = 3,

    /// <summary>The token's lifetime ended.</summary>
    Expired = 4,

    /// <summary>The app's permission, or the account's role, was taken away at the provider.</summary>
    Revoked = 5,

    /// <summary>The page was deleted at the provider.</summary>
    Deleted = 6,

    /// <summary>The merchant disconnected the page, or another account signed in.</summary>
    Disconnected = 7,
}
