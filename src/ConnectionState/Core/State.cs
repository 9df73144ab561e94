namespace ConnectionStateService.Core;

/// <summary>The state of a connection. The numbers are used in the API and in the store.</summary>
public enum State
{
    /// <summary>The connection does not exist. Never stored or sent.</summary>
    None = 0,

    /// <summary>The page is chosen; the provider has not answered yet.</summary>
    Pending = 1,

    /// <summary>The page works.</summary>
    Connected = 2,

    /// <summary>The merchant refused on the provider's consent page, or the connect session timed out.</summary>
    Refused = 3,

    /// <summary>The token expired.</summary>
    Expired = 4,

    /// <summary>The app's permission or the account's role was removed at the provider.</summary>
    Revoked = 5,

    /// <summary>The page was deleted at the provider.</summary>
    Deleted = 6,

    /// <summary>The merchant disconnected the page, or another account signed in.</summary>
    Disconnected = 7,
}
