using System.Collections.Immutable;
using System.Diagnostics;

namespace ConnectionStateService.Core;

/// <summary>Where a connect session stands. Derived from its facts. The numbers are the wire's.</summary>
public enum SessionStep
{
    /// <summary>No account is signed in yet (R2).</summary>
    SignIn = 1,

    /// <summary>The account has a sufficient role on no page (R3).</summary>
    Permission = 2,

    /// <summary>There are pages to choose from (R4, R5).</summary>
    ChoosePage = 3,

    /// <summary>A page was chosen; the provider's answer is awaited (R5, R8).</summary>
    Consent = 4,

    /// <summary>Ended: the page is connected (R6).</summary>
    Connected = 5,

    /// <summary>Ended: the merchant refused or cancelled (R8).</summary>
    Refused = 6,

    /// <summary>Ended: the page was lost before the provider answered (R19).</summary>
    Lost = 7,

    /// <summary>Ended: nothing happened for too long.</summary>
    TimedOut = 8,
}

/// <summary>How a connect session ended. The numbers are the store's.</summary>
public enum SessionEnd
{
    /// <summary>The provider granted.</summary>
    Granted = 1,

    /// <summary>The merchant refused, or disconnected the page while it was pending.</summary>
    Refused = 2,

    /// <summary>The page was lost before the provider answered.</summary>
    Lost = 3,

    /// <summary>The deadline passed.</summary>
    TimedOut = 4,
}

/// <summary>One attempt to connect, from choosing the provider to the answer: a set of facts.</summary>
public sealed record ConnectSession
{
    /// <summary>The steps of a session that still waits for something.</summary>
    public static ImmutableArray<SessionStep> OpenSteps { get; } =
        [SessionStep.SignIn, SessionStep.Permission, SessionStep.ChoosePage, SessionStep.Consent];

    /// <summary>The session's id, unique for its merchant.</summary>
    public required string Id { get; init; }

    /// <summary>The provider chosen first (R1).</summary>
    public required Provider Provider { get; init; }

    /// <summary>The page that is to be reconnected, if the session was begun for one.</summary>
    public string? ReconnectPageId { get; init; }

    /// <summary>The account that signed in, if one has.</summary>
    public Account? Account { get; init; }

    /// <summary>When the account signed in.</summary>
    public DateTimeOffset? SignedInAt { get; init; }

    /// <summary>The pages that the account offers; emptied when the session ends.</summary>
    public ImmutableArray<Candidate> Candidates { get; init; } = [];

    /// <summary>The page that was chosen, if one was.</summary>
    public string? PageId { get; init; }

    /// <summary>When the session ends by itself.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>How the session ended; none while it is open.</summary>
    public SessionEnd? Ended { get; init; }

    /// <summary>The session still waits for something.</summary>
    public bool IsOpen => Ended is null;

    /// <summary>The chosen page.</summary>
    public PageRef? Page => PageId is null ? null : new PageRef(Provider, PageId);

    /// <summary>The step that follows from the facts.</summary>
    public SessionStep Step(Rules rules) => Ended switch
    {
        SessionEnd.Granted => SessionStep.Connected,
        SessionEnd.Refused => SessionStep.Refused,
        SessionEnd.Lost => SessionStep.Lost,
        SessionEnd.TimedOut => SessionStep.TimedOut,
        null when Account is null => SessionStep.SignIn,
        null when PageId is not null => SessionStep.Consent,
        null when Candidates.Any(c => Core.Candidates.HasSufficientRole(c, rules)) => SessionStep.ChoosePage,
        null => SessionStep.Permission,
        _ => throw new UnreachableException(),
    };
}
