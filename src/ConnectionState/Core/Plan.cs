namespace ConnectionStateService.Core;

/// <summary>What the merchant pays for. The numbers are the wire's and the store's.</summary>
public enum Plan
{
    /// <summary>Three pages, and what was bought on top (R9, R11).</summary>
    Standard = 1,

    /// <summary>The free trial: one page (R10).</summary>
    Trial = 2,
}
