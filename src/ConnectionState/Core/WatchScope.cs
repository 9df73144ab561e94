namespace ConnectionStateService.Core;

/// <summary>Whose open streams are counted together.</summary>
public enum WatchScope
{
    /// <summary>Those of one merchant.</summary>
    Merchant,

    /// <summary>All of this process.</summary>
    Process,
}
