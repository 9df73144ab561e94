namespace ConnectionStateService.Core;

/// <summary>A provider of pages. The numbers are used in the API and in the store.</summary>
public enum Provider
{
    /// <summary>Facebook. Its pages are Fanpages.</summary>
    Facebook = 1,

    /// <summary>Zalo. Its pages are Official Accounts.</summary>
    Zalo = 2,
}
