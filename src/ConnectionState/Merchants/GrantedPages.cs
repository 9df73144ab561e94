using ConnectionStateService.Core;

namespace ConnectionStateService.Merchants;

/// <summary>Which page a command is about to grant.</summary>
internal static class GrantedPages
{
    /// <summary>Returns the page that a command grants if it succeeds, or null if it grants none or the record does not have its session.</summary>
    public static PageRef? GrantedPage(this Command command, MerchantRecord record) => command switch
    {
        Command.Grant c => record.FindSession(c.SessionId)?.Page,
        Command.Reconnect c => new PageRef(c.Provider, c.Candidate.PageId),
        _ => null,
    };
}
