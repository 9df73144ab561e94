namespace ConnectionStateService.Core;

/// <summary>Who runs the pages. The numbers are the wire's and the store's.</summary>
public enum Provider
{
    /// <summary>Facebook; its pages are Fanpages.</summary>
    Facebook = 1,

    /// <summary>Zalo; its pages are Official Accounts.</summary>
    Zalo = 2,
}
