using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>Why a command is refused. A value, not an exception. Closed: the nested records are all there are.</summary>
public abstract record Fault
{
    private Fault()
    {
    }

    /// <summary>The merchant has no connection to the page.</summary>
    public sealed record ConnectionNotFound(PageRef Page) : Fault;

    /// <summary>The merchant has no listed connection that uses the account.</summary>
    public sealed record AccountNotConnected(AccountRef Account) : Fault;

    /// <summary>The connect session does not exist or is no longer kept.</summary>
    public sealed record SessionNotFound(string SessionId) : Fault;

    /// <summary>The trigger is not permitted in the connection's state.</summary>
    public sealed record IllegalTransition(PageRef Page, State State, Trigger Trigger, ImmutableArray<Trigger> Permitted) : Fault;

    /// <summary>The connect session is not at a step that permits the command.</summary>
    public sealed record StepNotAllowed(string SessionId, SessionStep Step, ImmutableArray<SessionStep> Needed) : Fault;

    /// <summary>No slot is free (R9 to R12).</summary>
    /// <param name="Used">The slots in use.</param>
    /// <param name="Limit">The slots there are.</param>
    /// <param name="SessionIds">The open sessions that hold a slot for a page that is not connected.</param>
    public sealed record PageQuotaExceeded(int Used, int Limit, ImmutableArray<string> SessionIds) : Fault;

    /// <summary>The merchant has too many open sessions, and all of them wait for the provider's answer.</summary>
    public sealed record SessionLimitExceeded(int Limit, ImmutableArray<string> SessionIds) : Fault;

    /// <summary>The session was begun to reconnect another page.</summary>
    public sealed record ReconnectPageMismatch(string SessionId, PageRef Expected, PageRef Chosen) : Fault;

    /// <summary>The account is not a personal account (R7).</summary>
    public sealed record AccountNotPersonal(string AccountId) : Fault;

    /// <summary>The account's role on the page is below Editor, and its tasks are not sufficient either (R7).</summary>
    public sealed record PageRoleTooLow(
        PageRef Page, PageRole Role, ImmutableArray<string> Tasks, ImmutableArray<string> SufficientTasks) : Fault;

    /// <summary>The signed-in account does not offer the page.</summary>
    public sealed record PageNotOffered(PageRef Page) : Fault;

    /// <summary>The merchant has not agreed to send messages to Zalo users on the page's behalf (R5).</summary>
    public sealed record ConsentRequired(PageRef Page) : Fault;

    /// <summary>The merchant is already connected to the page.</summary>
    public sealed record PageAlreadyConnected(PageRef Page) : Fault;

    /// <summary>The token would expire at or before the current time.</summary>
    public sealed record ExpiryInPast(DateTimeOffset ExpiresAt, DateTimeOffset Now) : Fault;

    /// <summary>The request id was already used for a different request.</summary>
    public sealed record RequestIdReused(string RequestId) : Fault;

    /// <summary>A part of the merchant would exceed its bound; see <see cref="RecordSize"/>.</summary>
    /// <param name="Part">The part: the page list, or the candidates of a session.</param>
    /// <param name="Size">The size that it would have, in bytes.</param>
    /// <param name="Limit">The maximum size.</param>
    public sealed record RecordTooLarge(MerchantParts Part, int Size, int Limit) : Fault;

    /// <summary>Other commits kept changing the record between reading and committing.</summary>
    public sealed record ConcurrentChange(int Attempts) : Fault;

    /// <summary>Too many commands of the merchant wait to be carried out.</summary>
    public sealed record MerchantBusy(int Limit) : Fault;
}
