namespace ConnectionStateService.Core;

/// <summary>
/// The parts of a merchant that are stored apart from its page list part, and read only if a command or a query needs them. The page list part
/// is everything else of a <see cref="MerchantRecord"/>: what a read of the page list needs.
/// </summary>
[Flags]
public enum MerchantParts
{
    /// <summary>The page list part alone.</summary>
    PageList = 0,

    /// <summary>The remembered requests, which are read from the history. See <see cref="MerchantRecord.Requests"/>.</summary>
    Requests = 1,

    /// <summary>The candidates of all open sessions. See <see cref="ConnectSession.Candidates"/>.</summary>
    Candidates = 2,

    /// <summary>Everything.</summary>
    All = Requests | Candidates,
}
