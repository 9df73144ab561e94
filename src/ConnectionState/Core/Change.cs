using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>Where a piece of evidence comes from. The numbers are used in the API and in the store.</summary>
public enum EvidenceSource
{
    /// <summary>A caller reported a signal: it knows what happened.</summary>
    Signal = 1,

    /// <summary>A provider returned an error to a caller.</summary>
    ProviderError = 2,

    /// <summary>The account signed in again and no longer grants the page.</summary>
    NotGranted = 3,

    /// <summary>A call to the provider succeeded.</summary>
    Success = 4,
}

/// <summary>What was observed about a connection: the reason for a loss, a suspicion, or the end of one.</summary>
/// <param name="Source">Where it comes from.</param>
/// <param name="Signal">What it says, or null if it is a success.</param>
/// <param name="Code">The provider's error code, or null if there was none.</param>
/// <param name="Subcode">The provider's error subcode, or null if there was none.</param>
/// <param name="ObservedAt">When it was observed.</param>
/// <param name="ReportedBy">The actor that reported it.</param>
public sealed record Evidence(
    EvidenceSource Source, Signal? Signal, int? Code, int? Subcode, DateTimeOffset ObservedAt, string ReportedBy);

/// <summary>One entry of a merchant's history. Closed: the nested records are all there are.</summary>
public abstract record Change
{
    private Change()
    {
    }

    /// <summary>A connection made a transition.</summary>
    /// <param name="Page">The page of the connection.</param>
    /// <param name="Trigger">What happened.</param>
    /// <param name="From">The state before.</param>
    /// <param name="To">The state after.</param>
    /// <param name="Cause">Why the connection is in the new state.</param>
    /// <param name="Evidence">What was observed, or null if the transition does not follow from a report.</param>
    /// <param name="FromSince">When the connection entered the state <paramref name="From"/>, or null if it did not exist.</param>
    /// <param name="GrantId">The connection's grant after the transition, or 0 if it was never granted.</param>
    public sealed record Transition(
        PageRef Page, Trigger Trigger, State From, State To, Cause Cause, Evidence? Evidence, DateTimeOffset? FromSince, ulong GrantId) : Change;

    /// <summary>A connected page became suspect, more was reported about a suspect page, or the suspicion ended.</summary>
    /// <param name="Page">The page of the connection.</param>
    /// <param name="Health">The health after the change.</param>
    /// <param name="Evidence">What was observed.</param>
    /// <param name="GrantId">The connection's grant.</param>
    public sealed record HealthChanged(PageRef Page, Health Health, Evidence Evidence, ulong GrantId) : Change;

    /// <summary>The merchant acknowledged that a connection is lost.</summary>
    public sealed record Acknowledged(PageRef Page) : Change;

    /// <summary>A token expires soon.</summary>
    public sealed record ExpiryWarning(PageRef Page, DateTimeOffset ExpiresAt) : Change;

    /// <summary>The plan or the number of bought pages changed.</summary>
    public sealed record PlanChanged(Plan Plan, int BoughtPages, int Limit) : Change;

    /// <summary>The merchant was imported: what happened before is in the history of another store.</summary>
    /// <param name="Source">Where the merchant comes from.</param>
    public sealed record Imported(string Source) : Change;

    /// <summary>A connect session was stored: it began, received new facts, or ended.</summary>
    public sealed record SessionMoved(string SessionId, Provider Provider, SessionStep Step, PageRef? Page) : Change;

    /// <summary>The merchant was erased: nothing is listed any more.</summary>
    public sealed record Erased : Change;
}

/// <summary>One revision of a merchant: the changes that were made together.</summary>
/// <param name="Revision">The merchant's revision after this commit.</param>
/// <param name="Id">A random number. It reveals a revision that was assigned twice, for example by a restored store.</param>
/// <param name="PreviousId">The id of the previous commit, or 0 for the first.</param>
/// <param name="At">When the commit was decided, by the store's clock.</param>
/// <param name="Actor">Who sent the command.</param>
/// <param name="RequestId">The id of the request, or empty if it had none.</param>
/// <param name="Changes">The changes, in order; at least one.</param>
public sealed record Commit(
    long Revision, ulong Id, ulong PreviousId, DateTimeOffset At, string Actor, string RequestId, ImmutableArray<Change> Changes)
{
    /// <summary>The trace of the call that caused the commit, or null if it is not recorded. A later delivery of the commit is linked to it.</summary>
    public TraceContext? Trace { get; init; }

    /// <summary>The hash of the request's content. See <see cref="RememberedRequest"/>.</summary>
    public uint PayloadHash { get; init; }

    /// <summary>The connect session that the request began, or null if it began none.</summary>
    public string? BegunSessionId { get; init; }
}
