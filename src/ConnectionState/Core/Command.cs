using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>Who asks, and how a repeat is recognised.</summary>
/// <param name="Actor">Who asks.</param>
/// <param name="RequestId">The request's id; empty: a repeat is not recognised.</param>
/// <param name="PayloadHash">A hash of everything that is asked for.</param>
public sealed record Origin(string Actor, string RequestId = "", uint PayloadHash = 0);

/// <summary>When a merchant's grant for a page began: what decides who holds it.</summary>
/// <param name="MerchantId">Who was granted the page.</param>
/// <param name="Page">The page.</param>
/// <param name="GrantedAt">When.</param>
public sealed record Claim(string MerchantId, PageRef Page, DateTimeOffset GrantedAt);

/// <summary>What can be asked of a merchant's record. Closed: the nested records are all there are.</summary>
public abstract record Command(Origin Origin)
{
    /// <summary>Begins a connect session (R1).</summary>
    public sealed record BeginConnect(Origin Origin, string SessionId, Provider Provider, string? ReconnectPageId) : Command(Origin);

    /// <summary>Tells which account signed in and which pages it offers (R2 to R4, R7).</summary>
    public sealed record SubmitAccount(Origin Origin, string SessionId, Account Account, ImmutableArray<Candidate> Candidates)
        : Command(Origin);

    /// <summary>Chooses a page, which takes a slot (R4, R5, R9, R19).</summary>
    public sealed record ChoosePage(Origin Origin, string SessionId, string PageId) : Command(Origin);

    /// <summary>The provider granted (R5, R6).</summary>
    public sealed record Grant(Origin Origin, string SessionId, bool MessagingConsent, DateTimeOffset? ExpiresAt) : Command(Origin);

    /// <summary>The merchant refused or cancelled (R8).</summary>
    public sealed record Refuse(Origin Origin, string SessionId) : Command(Origin);

    /// <summary>The token was renewed (R14).</summary>
    public sealed record Renew(Origin Origin, PageRef Page, DateTimeOffset? ExpiresAt) : Command(Origin);

    /// <summary>A provider told of a loss (R13 to R16).</summary>
    public sealed record Report(Origin Origin, PageRef Page, Signal Signal, DateTimeOffset ObservedAt, int? Code, int? Subcode)
        : Command(Origin);

    /// <summary>Another merchant was granted a page that this one may hold (R16).</summary>
    public sealed record ReleasePage(Origin Origin, Claim Claim) : Command(Origin);

    /// <summary>The merchant understood that a connection is lost (R17, R18).</summary>
    public sealed record Acknowledge(Origin Origin, PageRef Page) : Command(Origin);

    /// <summary>The merchant disconnects a page (R20, R21).</summary>
    public sealed record Disconnect(Origin Origin, PageRef Page) : Command(Origin);

    /// <summary>Billing sets the plan (R9 to R11).</summary>
    public sealed record SetPlan(Origin Origin, Plan Plan, int BoughtPages) : Command(Origin);

    /// <summary>Time has passed: carries out all that is due (R14).</summary>
    public sealed record Tick(Origin Origin) : Command(Origin);
}
