namespace ConnectionStateService.Core;

/// <summary>A merchant's plan. The numbers are used in the API and in the store.</summary>
public enum Plan
{
    /// <summary>Three pages plus the bought ones (R9, R11).</summary>
    Standard = 1,

    /// <summary>The free trial: one page (R10).</summary>
    Trial = 2,
}
