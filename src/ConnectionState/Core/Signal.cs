using System.Diagnostics;

namespace ConnectionStateService.Core;

/// <summary>What a provider reports about a page. The numbers are used in the API.</summary>
public enum Signal
{
    /// <summary>The token expired or is invalid.</summary>
    TokenExpired = 1,

    /// <summary>The app's permission was removed.</summary>
    PermissionRevoked = 2,

    /// <summary>The account lost its role on the page.</summary>
    RoleLost = 3,

    /// <summary>The page was deleted.</summary>
    PageDeleted = 4,

    /// <summary>Another account signed in.</summary>
    SignedInElsewhere = 5,
}

/// <summary>How certain a report is. The numbers are used in the API.</summary>
public enum SignalStrength
{
    /// <summary>It says nothing about the connection: it is about one message, person or post, or about the moment.</summary>
    None = 1,

    /// <summary>It may be about the connection. A connected page becomes suspect.</summary>
    Soft = 2,

    /// <summary>It is about this app and this page. The connection is lost at once.</summary>
    Hard = 3,
}

/// <summary>Maps signals to the state machine.</summary>
public static class Signals
{
    /// <summary>Returns the trigger that a signal fires and the cause it leaves.</summary>
    public static (Trigger Trigger, Cause Cause) ToTrigger(Signal signal) => signal switch
    {
        Signal.TokenExpired => (Trigger.Expire, Cause.TokenExpired),
        Signal.PermissionRevoked => (Trigger.Revoke, Cause.PermissionRevoked),
        Signal.RoleLost => (Trigger.Revoke, Cause.RoleLost),
        Signal.PageDeleted => (Trigger.Delete, Cause.PageDeleted),
        Signal.SignedInElsewhere => (Trigger.Displace, Cause.SignedInElsewhere),
        _ => throw new UnreachableException(),
    };
}
