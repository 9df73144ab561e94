using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>What a provider reported about the loss of a connection.</summary>
/// <param name="Code">The provider's error code, or null if there was none.</param>
/// <param name="Subcode">The provider's error subcode, or null if there was none.</param>
/// <param name="ObservedAt">When the loss was observed.</param>
/// <param name="ReportedBy">The actor that reported it.</param>
public sealed record Evidence(int? Code, int? Subcode, DateTimeOffset ObservedAt, string ReportedBy);

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
    /// <param name="Evidence">What a provider reported, or null if no provider was involved.</param>
    /// <param name="FromSince">When the connection entered the state <paramref name="From"/>, or null if it did not exist.</param>
    public sealed record Transition(
        PageRef Page, Trigger Trigger, State From, State To, Cause Cause, Evidence? Evidence, DateTimeOffset? FromSince) : Change;

    /// <summary>The merchant acknowledged that a connection is lost.</summary>
    public sealed record Acknowledged(PageRef Page) : Change;

    /// <summary>A token expires soon.</summary>
    public sealed record ExpiryWarning(PageRef Page, DateTimeOffset ExpiresAt) : Change;

    /// <summary>The plan or the number of bought pages changed.</summary>
    public sealed record PlanChanged(Plan Plan, int BoughtPages, int Limit) : Change;

    /// <summary>A connect session was stored: it began, received new facts, or ended.</summary>
    public sealed record SessionMoved(string SessionId, Provider Provider, SessionStep Step, PageRef? Page) : Change;
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
    long Revision, ulong Id, ulong PreviousId, DateTimeOffset At, string Actor, string RequestId, ImmutableArray<Change> Changes);
