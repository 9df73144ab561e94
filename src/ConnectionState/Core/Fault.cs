using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>One field of a request that cannot be accepted.</summary>
/// <param name="Field">The field's path, as in the protos: <c>candidates[3].name</c>.</param>
/// <param name="Description">What is wrong and what would be right.</param>
public sealed record Violation(string Field, string Description);

/// <summary>A reason to refuse a command: a value, not an exception. Closed: the nested records are all there are.</summary>
public abstract record Fault
{
    private Fault()
    {
    }

    /// <summary>Fields of the request are wrong.</summary>
    public sealed record InvalidRequest(ImmutableArray<Violation> Violations) : Fault;

    /// <summary>The merchant has no connection to the page.</summary>
    public sealed record ConnectionNotFound(PageRef Page) : Fault;

    /// <summary>The merchant has no such connect session, or it is no longer kept.</summary>
    public sealed record SessionNotFound(string SessionId) : Fault;

    /// <summary>What happened means nothing in the connection's state.</summary>
    public sealed record IllegalTransition(PageRef Page, State State, Trigger Trigger, ImmutableArray<Trigger> Permitted) : Fault;

    /// <summary>The connect session is at another step.</summary>
    public sealed record StepNotAllowed(string SessionId, SessionStep Step, ImmutableArray<SessionStep> Needed) : Fault;

    /// <summary>All slots are taken (R9 to R12).</summary>
    public sealed record PageQuotaExceeded(int Used, int Limit) : Fault;

    /// <summary>The account is not a personal one (R7).</summary>
    public sealed record AccountNotPersonal(string AccountId) : Fault;

    /// <summary>The account's role on the page is below Editor, and its tasks do not make up for it (R7).</summary>
    public sealed record PageRoleTooLow(
        PageRef Page, PageRole Role, ImmutableArray<string> Tasks, ImmutableArray<string> SufficientTasks) : Fault;

    /// <summary>The page is none of those that the account offers.</summary>
    public sealed record PageNotOffered(PageRef Page) : Fault;

    /// <summary>The tick "agree to send messages to Zalo users on the page's behalf" is missing (R5).</summary>
    public sealed record ConsentRequired(string SessionId) : Fault;

    /// <summary>The merchant has the page already.</summary>
    public sealed record PageAlreadyConnected(PageRef Page) : Fault;

    /// <summary>The request id was used for something else.</summary>
    public sealed record RequestIdReused(string RequestId) : Fault;

    /// <summary>Others kept changing the record between reading and committing.</summary>
    public sealed record ConcurrentChange(int Attempts) : Fault;
}
