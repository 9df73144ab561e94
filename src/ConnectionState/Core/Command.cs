using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>Who sent a command, and what identifies a repeat of the same request.</summary>
/// <param name="Actor">Who sent the command.</param>
/// <param name="RequestId">The id of the request. If it is empty, repeats are not detected.</param>
/// <param name="PayloadHash">A hash of the request's content, which detects an id that is reused for another request.</param>
public sealed record Origin(string Actor, string RequestId = "", uint PayloadHash = 0);

/// <summary>A merchant's claim to be the only holder of a page, which the page's register has to confirm (R16).</summary>
/// <param name="MerchantId">The merchant that was granted the page.</param>
/// <param name="Page">The page.</param>
/// <param name="GrantedAt">When the provider granted it. It tells how old the claim is, and decides nothing else.</param>
public sealed record Claim(string MerchantId, PageRef Page, DateTimeOffset GrantedAt);

/// <summary>A request to change a merchant's record. Closed: the nested records are all there are.</summary>
public abstract record Command(Origin Origin)
{
    /// <summary>Whether the command adds something to the merchant, so that it is refused if the merchant becomes too large.</summary>
    public bool Adds => this is BeginConnect or SubmitAccount or ChoosePage or Reconnect or Import;

    /// <summary>The parts of the merchant that must be loaded to decide the command, and to answer it.</summary>
    public MerchantParts Needs =>
        (Origin.RequestId.Length > 0 ? MerchantParts.Requests : MerchantParts.PageList)
        | (this is BeginConnect or SubmitAccount or ChoosePage or ReportSuccess or Report { Signal: Signal.PageDeleted }
            ? MerchantParts.Candidates
            : MerchantParts.PageList);

    /// <summary>Begins a connect session (R1).</summary>
    public sealed record BeginConnect(Origin Origin, string SessionId, Provider Provider, string? ReconnectPageId) : Command(Origin);

    /// <summary>Stores the account that signed in and the pages it offers (R2 to R4, R7).</summary>
    /// <param name="Origin">Who sent the command.</param>
    /// <param name="SessionId">The session.</param>
    /// <param name="Account">The account.</param>
    /// <param name="Candidates">The pages, each once.</param>
    /// <param name="Complete">Whether <paramref name="Candidates"/> are all pages that the account grants.</param>
    public sealed record SubmitAccount(
        Origin Origin, string SessionId, Account Account, ImmutableArray<Candidate> Candidates, bool Complete) : Command(Origin);

    /// <summary>Chooses a page, which takes a slot (R4, R5, R9, R19).</summary>
    public sealed record ChoosePage(Origin Origin, string SessionId, string PageId) : Command(Origin);

    /// <summary>The provider granted access to the chosen page (R5, R6).</summary>
    public sealed record Grant(Origin Origin, string SessionId, ulong NewGrantId, bool MessagingConsent, DateTimeOffset? ExpiresAt)
        : Command(Origin);

    /// <summary>The provider granted access to a listed page again, without a connect session.</summary>
    public sealed record Reconnect(
        Origin Origin, Candidate Candidate, Provider Provider, Account Account, ulong NewGrantId, bool MessagingConsent, DateTimeOffset? ExpiresAt)
        : Command(Origin);

    /// <summary>The merchant refused or cancelled (R8).</summary>
    public sealed record Refuse(Origin Origin, string SessionId) : Command(Origin);

    /// <summary>The token was renewed (R14).</summary>
    /// <param name="Origin">Who sent the command.</param>
    /// <param name="Page">The page.</param>
    /// <param name="GrantId">The grant that was renewed, or null if the caller does not know it.</param>
    /// <param name="NewGrantId">The id of the grant from now on.</param>
    /// <param name="IssuedAt">When the provider issued the new token, or null if the caller does not know it.</param>
    /// <param name="ExpiresAt">When the new token expires, or null for the provider's default.</param>
    public sealed record Renew(
        Origin Origin, PageRef Page, ulong? GrantId, ulong NewGrantId, DateTimeOffset? IssuedAt, DateTimeOffset? ExpiresAt) : Command(Origin);

    /// <summary>A caller or a provider reported that a page was lost, or may be (R13 to R16).</summary>
    /// <param name="Origin">Who sent the command.</param>
    /// <param name="Page">The page.</param>
    /// <param name="GrantId">The grant that the report is about, or null if the reporter does not know it.</param>
    /// <param name="Signal">What it says.</param>
    /// <param name="Strength">How certain that is.</param>
    /// <param name="Source">Where it comes from.</param>
    /// <param name="ObservedAt">When it was observed.</param>
    /// <param name="Code">The provider's error code, or null if there was none.</param>
    /// <param name="Subcode">The provider's error subcode, or null if there was none.</param>
    /// <param name="SoftBeforeExpiry">Whether the report is soft if it was observed before the token's known expiry.</param>
    public sealed record Report(
        Origin Origin,
        PageRef Page,
        ulong? GrantId,
        Signal Signal,
        SignalStrength Strength,
        EvidenceSource Source,
        DateTimeOffset ObservedAt,
        int? Code = null,
        int? Subcode = null,
        bool SoftBeforeExpiry = false) : Command(Origin);

    /// <summary>
    /// A caller reported something about an account, which holds for every listed connection that uses it. One commit for all connections of a
    /// merchant, so that one request id covers them.
    /// </summary>
    /// <param name="Origin">Who sent the command.</param>
    /// <param name="Account">The account.</param>
    /// <param name="Signal">What the report says.</param>
    /// <param name="ObservedAt">When it was observed.</param>
    /// <param name="Code">The provider's error code, or null if there was none.</param>
    /// <param name="Subcode">The provider's error subcode, or null if there was none.</param>
    public sealed record ReportAccount(
        Origin Origin, AccountRef Account, Signal Signal, DateTimeOffset ObservedAt, int? Code = null, int? Subcode = null) : Command(Origin)
    {
        /// <summary>Returns what the report says about one page of the account.</summary>
        public Report About(PageRef page) =>
            new(Origin, page, null, Signal, SignalStrength.Hard, EvidenceSource.Signal, ObservedAt, Code, Subcode);
    }

    /// <summary>A call to the provider succeeded.</summary>
    /// <param name="Origin">Who sent the command.</param>
    /// <param name="Page">The page.</param>
    /// <param name="GrantId">The grant whose token worked, or null if the reporter does not know it.</param>
    /// <param name="ObservedAt">When the call succeeded.</param>
    public sealed record ReportSuccess(Origin Origin, PageRef Page, ulong? GrantId, DateTimeOffset ObservedAt) : Command(Origin);

    /// <summary>Another merchant holds the page now: the hold with the given id ends (R16).</summary>
    public sealed record ReleasePage(Origin Origin, PageRef Page, ulong HoldId) : Command(Origin);

    /// <summary>The merchant acknowledges that a connection is lost (R17, R18).</summary>
    public sealed record Acknowledge(Origin Origin, PageRef Page) : Command(Origin);

    /// <summary>The merchant disconnects a page (R20, R21).</summary>
    public sealed record Disconnect(Origin Origin, PageRef Page) : Command(Origin);

    /// <summary>Sets the plan and the number of bought pages (R9 to R11).</summary>
    public sealed record SetPlan(Origin Origin, Plan Plan, int BoughtPages) : Command(Origin);

    /// <summary>
    /// Everything that is kept of the merchant is to be erased. The commit empties the record, so that everyone who follows the merchant learns of it; the
    /// store then removes what is left.
    /// </summary>
    public sealed record Erase(Origin Origin) : Command(Origin);

    /// <summary>Stores a merchant that comes from another store.</summary>
    /// <param name="Origin">Who sent the command.</param>
    /// <param name="Merchant">The merchant as it was there, with all parts loaded. Its requests are ignored.</param>
    /// <param name="IfRevision">The revision at which the merchant is replaced: 0 if nothing must be stored of it.</param>
    /// <param name="Source">Where the merchant comes from.</param>
    public sealed record Import(Origin Origin, MerchantRecord Merchant, long IfRevision, string Source) : Command(Origin);

    /// <summary>Does everything that is due: expiries, expiry warnings and session timeouts (R14).</summary>
    public sealed record Tick(Origin Origin) : Command(Origin);
}
