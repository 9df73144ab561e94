using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>What a provider told about a loss.</summary>
/// <param name="Code">The provider's error code, if there was one.</param>
/// <param name="Subcode">The provider's error subcode, if there was one.</param>
/// <param name="ObservedAt">When it was observed.</param>
/// <param name="ReportedBy">Who reported it.</param>
public sealed record Evidence(int? Code, int? Subcode, DateTimeOffset ObservedAt, string ReportedBy);

/// <summary>One entry of a merchant's history. Closed: the nested records are all there are.</summary>
public abstract record Change
{
    private Change()
    {
    }

    /// <summary>A connection moved.</summary>
    /// <param name="Page">Which connection.</param>
    /// <param name="Trigger">What happened.</param>
    /// <param name="From">Where it stood.</param>
    /// <param name="To">Where it stands now.</param>
    /// <param name="Cause">Why.</param>
    /// <param name="Evidence">What a provider told, if one did.</param>
    /// <param name="FromSince">Since when it stood where it stood; none for a connection that did not exist.</param>
    public sealed record Transition(
        PageRef Page, Trigger Trigger, State From, State To, Cause Cause, Evidence? Evidence, DateTimeOffset? FromSince) : Change;

    /// <summary>The merchant has understood that a connection is lost.</summary>
    public sealed record Acknowledged(PageRef Page) : Change;

    /// <summary>A token ends soon.</summary>
    public sealed record ExpiryWarning(PageRef Page, DateTimeOffset ExpiresAt) : Change;

    /// <summary>The plan, or what was bought, changed.</summary>
    public sealed record PlanChanged(Plan Plan, int BoughtPages, int Limit) : Change;

    /// <summary>A connect session took a step.</summary>
    public sealed record SessionMoved(string SessionId, Provider Provider, SessionStep Step, PageRef? Page) : Change;
}

/// <summary>One revision of a merchant: the changes that were made together.</summary>
/// <param name="Revision">The revision.</param>
/// <param name="Id">A random number of this commit, so that a revision handed out twice is found out.</param>
/// <param name="PreviousId">The id of the commit before; 0 for the first.</param>
/// <param name="At">When, by the store's clock.</param>
/// <param name="Actor">Who asked for it.</param>
/// <param name="RequestId">The request that asked for it; empty if it had no id.</param>
/// <param name="Changes">What changed; at least one entry.</param>
public sealed record Commit(
    long Revision, ulong Id, ulong PreviousId, DateTimeOffset At, string Actor, string RequestId, ImmutableArray<Change> Changes);
