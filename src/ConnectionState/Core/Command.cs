using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>Who sent a command, and what identifies a repeat of the same request.</summary>
/// <param name="Actor">Who sent the command.</param>
/// <param name="RequestId">The id of the request. If it is empty, repeats are not detected.</param>
/// <param name="PayloadHash">A hash of the request's content, which detects an id that is reused for another request.</param>
public sealed record Origin(string Actor, string RequestId = "", uint PayloadHash = 0);

/// <summary>A merchant's claim to be the only holder of a page. The later grant wins (R16).</summary>
/// <param name="MerchantId">The merchant that was granted the page.</param>
/// <param name="Page">The page.</param>
/// <param name="GrantedAt">When the provider granted it.</param>
public sealed record Claim(string MerchantId, PageRef Page, DateTimeOffset GrantedAt);

/// <summary>A request to change a merchant's record. Closed: the nested records are all there are.</summary>
public abstract record Command(Origin Origin)
{
    /// <summary>Begins a connect session (R1).</summary>
    public sealed record BeginConnect(Origin Origin, string SessionId, Provider Provider, string? ReconnectPageId) : Command(Origin);

    /// <summary>Stores the account that signed in and the pages it offers (R2 to R4, R7).</summary>
    public sealed record SubmitAccount(Origin Origin, string SessionId, Account Account, ImmutableArray<Candidate> Candidates)
        : Command(Origin);

    /// <summary>Chooses a page, which takes a slot (R4, R5, R9, R19).</summary>
    public sealed record ChoosePage(Origin Origin, string SessionId, string PageId) : Command(Origin);

    /// <summary>The provider granted access to the chosen page (R5, R6).</summary>
    public sealed record Grant(Origin Origin, string SessionId, bool MessagingConsent, DateTimeOffset? ExpiresAt) : Command(Origin);

    /// <summary>The merchant refused or cancelled (R8).</summary>
    public sealed record Refuse(Origin Origin, string SessionId) : Command(Origin);

    /// <summary>The token was renewed (R14).</summary>
    public sealed record Renew(Origin Origin, PageRef Page, DateTimeOffset? ExpiresAt) : Command(Origin);

    /// <summary>A provider reported that a page was lost (R13 to R16).</summary>
    public sealed record Report(Origin Origin, PageRef Page, Signal Signal, DateTimeOffset ObservedAt, int? Code, int? Subcode)
        : Command(Origin);

    /// <summary>Another merchant was granted a page that this merchant may hold (R16).</summary>
    public sealed record ReleasePage(Origin Origin, Claim Claim) : Command(Origin);

    /// <summary>The merchant acknowledges that a connection is lost (R17, R18).</summary>
    public sealed record Acknowledge(Origin Origin, PageRef Page) : Command(Origin);

    /// <summary>The merchant disconnects a page (R20, R21).</summary>
    public sealed record Disconnect(Origin Origin, PageRef Page) : Command(Origin);

    /// <summary>Sets the plan and the number of bought pages (R9 to R11).</summary>
    public sealed record SetPlan(Origin Origin, Plan Plan, int BoughtPages) : Command(Origin);

    /// <summary>Does everything that is due: expiries, expiry warnings and session timeouts (R14).</summary>
    public sealed record Tick(Origin Origin) : Command(Origin);
}
