namespace ConnectionStateService.Core.Decisions;

/// <summary>The provider's answer in a connect session (R5, R6, R8).</summary>
internal static class ConsentRules
{
    public static Fault? Grant(DecisionBuilder decision, Command.Grant command)
    {
        if (decision.Record.FindSession(command.SessionId) is not { } session)
        {
            return new Fault.SessionNotFound(command.SessionId);
        }

        var step = session.Step(decision.Rules);
        if (step is SessionStep.Connected)
        {
            // A repeat: the session has ended, so what happened to the page since then does not matter.
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

        return decision.Record.Find(page) is { } connection
            ? Grant(decision, command, connection)
            : new Fault.ConnectionNotFound(page);
    }

    public static Fault? Refuse(DecisionBuilder decision, Command.Refuse command)
    {
        if (decision.Record.FindSession(command.SessionId) is not { } session)
        {
            return new Fault.SessionNotFound(command.SessionId);
        }

        switch (session.Step(decision.Rules))
        {
            case SessionStep.Refused:
                return null;
            case SessionStep.Consent when session.Page is { } page && decision.Record.Find(page) is { } connection:
                return decision.Fire(connection, Trigger.Refuse, Cause.ConsentRefused);
            case var step when !session.IsOpen:
                return new Fault.StepNotAllowed(session.Id, step, ConnectSession.OpenSteps);
            default:
                decision.End(session, SessionEnd.Refused);
                return null;
        }
    }

    private static Fault? Grant(DecisionBuilder decision, Command.Grant command, Connection connection)
    {
        var (expiresAt, fault) = ExpiryRules.GetExpiry(decision, connection.Page.Provider, command.ExpiresAt);
        if (fault is not null)
        {
            return fault;
        }

        if (decision.Rules.OneHolderPerPage)
        {
            decision.ClaimPage(connection.Page);
        }

        return decision.Fire(
            connection with { ExpiresAt = expiresAt, ConnectedAt = decision.Now, GrantSince = decision.Now }, Trigger.Grant);
    }
}
