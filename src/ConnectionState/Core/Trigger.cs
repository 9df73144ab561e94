namespace ConnectionStateService.Core;

/// <summary>What happened to a connection. The numbers are the wire's and the store's.</summary>
public enum Trigger
{
    /// <summary>The merchant chose the page in a connect session.</summary>
    Request = 1,

    /// <summary>The provider granted what was requested.</summary>
    Grant = 2,

    /// <summary>The merchant refused on the consent page, or the session ran out.</summary>
    Refuse = 3,

    /// <summary>The token was renewed.</summary>
    Renew = 4,

    /// <summary>The token's lifetime ended, or the provider calls it invalid.</summary>
    Expire = 5,

    /// <summary>The app's permission, or the account's role, was taken away.</summary>
    Revoke = 6,

    /// <summary>The page was deleted at the provider.</summary>
    Delete = 7,

    /// <summary>Another account signed in.</summary>
    Displace = 8,

    /// <summary>The merchant confirmed "disconnect".</summary>
    Disconnect = 9,
}
