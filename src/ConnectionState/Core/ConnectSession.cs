using System.Collections.Immutable;
using System.Diagnostics;

namespace ConnectionStateService.Core;

/// <summary>The current step of a connect session, derived from its facts. The numbers are used in the API.</summary>
public enum SessionStep
{
    /// <summary>No account is signed in yet (R2).</summary>
    SignIn = 1,

    /// <summary>The account has a sufficient role on none of its pages (R3).</summary>
    Permission = 2,

    /// <summary>The account has a sufficient role on at least one page (R4, R5).</summary>
    ChoosePage = 3,

    /// <summary>A page is chosen; the session waits for the provider's answer (R5, R8).</summary>
    Consent = 4,

    /// <summary>Ended: the page is connected (R6).</summary>
    Connected = 5,

    /// <summary>Ended: the merchant refused or cancelled (R8).</summary>
    Refused = 6,

    /// <summary>Ended: the page was lost before the provider answered (R19).</summary>
    Lost = 7,

    /// <summary>Ended: the deadline passed.</summary>
    TimedOut = 8,
}

/// <summary>How a connect session ended. The numbers are used in the store.</summary>
public enum SessionEnd
{
    /// <summary>The provider granted access.</summary>
    Granted = 1,

    /// <summary>The merchant refused, or disconnected the page while it was pending.</summary>
    Refused = 2,

    /// <summary>The page was lost before the provider answered.</summary>
    Lost = 3,

    /// <summary>The deadline passed.</summary>
    TimedOut = 4,

    /// <summary>The provider granted access to the page through another session.</summary>
    Joined = 5,
}

/// <summary>One attempt to connect, from choosing the provider to the provider's answer. It stores facts; the step follows from them.</summary>
public sealed record ConnectSession
{
    /// <summary>The steps of a session that has not ended.</summary>
    public static ImmutableArray<SessionStep> OpenSteps { get; } =
        [SessionStep.SignIn, SessionStep.Permission, SessionStep.ChoosePage, SessionStep.Consent];

    private readonly ImmutableArray<Candidate> candidates = [];

    /// <summary>Fields that a newer version of the service has stored here and this one does not know. They are stored again as they are.</summary>
    public ReadOnlyMemory<byte> NewerFields { get; init; }

    /// <summary>The session's id, unique per merchant.</summary>
    public required string Id { get; init; }

    /// <summary>The provider the merchant chose (R1).</summary>
    public required Provider Provider { get; init; }

    /// <summary>The page to reconnect, or null if the session is not for a particular page.</summary>
    public string? ReconnectPageId { get; init; }

    /// <summary>The account that signed in, or null if none has.</summary>
    public Account? Account { get; init; }

    /// <summary>When the account signed in, or null if none has.</summary>
    public DateTimeOffset? SignedInAt { get; init; }

    /// <summary>The pages the account offers; the chosen one alone once a page is chosen. Empty once the session has ended.</summary>
    /// <exception cref="InvalidOperationException">They are not loaded.</exception>
    public ImmutableArray<Candidate> Candidates
    {
        get => candidates.IsDefault ? throw new InvalidOperationException($"The candidates of session '{Id}' are not loaded.") : candidates;
        init => candidates = value;
    }

    /// <summary>Whether <see cref="Candidates"/> are loaded. Setting them to the default of their type says that they are not.</summary>
    public bool HasCandidates => !candidates.IsDefault;

    /// <summary>The revision that last changed <see cref="Candidates"/>, or 0 if there are none.</summary>
    public long CandidatesRevision { get; init; }

    /// <summary>The size of <see cref="Candidates"/> by <see cref="RecordSize"/>, in bytes; known even if they are not loaded.</summary>
    public int CandidatesSize { get; init; }

    /// <summary>Whether the account has a sufficient role on at least one page (R3, R4), as it was found when the account was submitted.</summary>
    public bool OffersPages { get; init; }

    /// <summary>The chosen page, or null if none is chosen.</summary>
    public string? PageId { get; init; }

    /// <summary>When the session times out.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>The id of the grant that was made through the session, or 0 if none was.</summary>
    public ulong GrantId { get; init; }

    /// <summary>How the session ended, or null if it is open.</summary>
    public SessionEnd? Ended { get; init; }

    /// <summary>Whether the session has not ended.</summary>
    public bool IsOpen => Ended is null;

    /// <summary>Whether the session waits for the provider's answer for <paramref name="page"/>.</summary>
    public bool IsWaitingFor(PageRef page) => IsOpen && Page == page;

    /// <summary>The chosen page, or null if none is chosen.</summary>
    public PageRef? Page => PageId is null ? null : new PageRef(Provider, PageId);

    /// <summary>The step that follows from the facts.</summary>
    public SessionStep Step => Ended switch
    {
        SessionEnd.Granted or SessionEnd.Joined => SessionStep.Connected,
        SessionEnd.Refused => SessionStep.Refused,
        SessionEnd.Lost => SessionStep.Lost,
        SessionEnd.TimedOut => SessionStep.TimedOut,
        null when Account is null => SessionStep.SignIn,
        null when PageId is not null => SessionStep.Consent,
        null when OffersPages => SessionStep.ChoosePage,
        null => SessionStep.Permission,
        _ => throw new UnreachableException(),
    };
}
