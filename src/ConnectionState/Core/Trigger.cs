namespace ConnectionStateService.Core;

/// <summary>What happened to a connection. The numbers are used in the API and in the store.</summary>
public enum Trigger
{
    /// <summary>The merchant chose the page in a connect session.</summary>
    Request = 1,

    /// <summary>The provider granted access.</summary>
    Grant = 2,

    /// <summary>The merchant refused on the consent page, or the connect session timed out.</summary>
    Refuse = 3,

    /// <summary>The token was renewed.</summary>
    Renew = 4,

    /// <summary>The token expired, or the provider reports it as invalid.</summary>
    Expire = 5,

    /// <summary>The app's permission or the account's role was removed.</summary>
    Revoke = 6,

    /// <summary>The page was deleted at the provider.</summary>
    Delete = 7,

    /// <summary>Another account signed in.</summary>
    Displace = 8,

    /// <summary>The merchant disconnected the page.</summary>
    Disconnect = 9,

    /// <summary>The page works although a signal reported it as lost.</summary>
    Restore = 10,
}
