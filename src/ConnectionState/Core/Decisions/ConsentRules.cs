namespace ConnectionStateService.Core;

/// <summary>The provider's answer (R5, R6, R8), and how long a grant lasts (R14).</summary>
internal static class ConsentRules
{
    public static Fault? Grant(Draft draft, Command.Grant command)
    {
        if (draft.Record.FindSession(command.SessionId) is not { } session)
        {
            return new Fault.SessionNotFound(command.SessionId);
        }

        var step = session.Step(draft.Rules);
        if (step is SessionStep.Connected)
        {
            // A repeat. What became of the page since is not this session's business.
            return null;
        }

        if (step is not SessionStep.Consent || session.Page is not { } page)
        {
            return new Fault.StepNotAllowed(session.Id, step, [SessionStep.Consent]);
        }

        if (session.Provider is Provider.Zalo && !command.MessagingConsent)
        {
            return new Fault.ConsentRequired(session.Id);
        }

        return draft.Record.Find(page) is { } connection
            ? Grant(draft, command, connection)
            : new Fault.ConnectionNotFound(page);
    }

    public static Fault? Refuse(Draft draft, Command.Refuse command)
    {
        if (draft.Record.FindSession(command.SessionId) is not { } session)
        {
            return new Fault.SessionNotFound(command.SessionId);
        }

        switch (session.Step(draft.Rules))
        {
            case SessionStep.Refused:
                return null;
            case SessionStep.Consent when session.Page is { } page && draft.Record.Find(page) is { } connection:
                return draft.Fire(connection, Trigger.Refuse, Cause.ConsentRefused);
            case var step when !session.IsOpen:
                return new Fault.StepNotAllowed(session.Id, step, ConnectSession.OpenSteps);
            default:
                draft.End(session, SessionEnd.Refused);
                return null;
        }
    }

    /// <summary>When a token given now ends; a fault when that has passed already.</summary>
    public static (DateTimeOffset? ExpiresAt, Fault? Fault) Expiry(Draft draft, Provider provider, DateTimeOffset? asked)
    {
        var expiresAt = asked ?? draft.Rules.DefaultExpiry(provider, draft.Now);
        return expiresAt <= draft.Now
            ? (null, new Fault.InvalidRequest([new Violation("expires_at", $"must be later than now, {draft.Now:O}")]))
            : (expiresAt, null);
    }

    private static Fault? Grant(Draft draft, Command.Grant command, Connection connection)
    {
        var (expiresAt, fault) = Expiry(draft, connection.Page.Provider, command.ExpiresAt);
        if (fault is not null)
        {
            return fault;
        }

        if (draft.Rules.OneHolderPerPage)
        {
            draft.ClaimPage(connection.Page);
        }

        return draft.Fire(
            connection with { ExpiresAt = expiresAt, ConnectedAt = draft.Now, GrantSince = draft.Now }, Trigger.Grant);
    }
}
