namespace ConnectionStateService.Core.Decisions;

/// <summary>The provider's answer (R5, R6, R8).</summary>
internal static class ConsentRules
{
    public static Fault? Grant(DecisionBuilder decision, Command.Grant command)
    {
        if (decision.Record.FindSession(command.SessionId) is not { } session)
        {
            return new Fault.SessionNotFound(command.SessionId);
        }

        var step = session.Step;
        var connection = session.Page is { } page ? decision.Record.Find(page) : null;
        if (step is SessionStep.Connected && (session.Ended is SessionEnd.Granted || connection is not { IsListed: true }))
        {
            // A repeat: the session has ended, so what happened to the page since then does not matter.
            return null;
        }

        if (step is not (SessionStep.Consent or SessionStep.Connected) || connection is null)
        {
            return new Fault.StepNotAllowed(session.Id, step, [SessionStep.Consent]);
        }

        if (session.Provider is Provider.Zalo && !command.MessagingConsent)
        {
            return new Fault.ConsentRequired(connection.Page);
        }

        // A joined session comes here, too: the provider answered it, so its grant is the newest.
        return GrantPage(decision, connection, session.Account!, command.NewGrantId, command.ExpiresAt, session);
    }

    public static Fault? Reconnect(DecisionBuilder decision, Command.Reconnect command)
    {
        var page = new PageRef(command.Provider, command.Candidate.PageId);
        if (decision.Record.Find(page) is not { IsListed: true } connection)
        {
            return new Fault.ConnectionNotFound(page);
        }

        if (!command.Account.IsPersonal)
        {
            return new Fault.AccountNotPersonal(command.Account.Id);
        }

        if (!Candidates.HasSufficientRole(command.Candidate, decision.Rules))
        {
            return new Fault.PageRoleTooLow(
                page, command.Candidate.Role, command.Candidate.Tasks, Candidates.SufficientTasks(decision.Rules));
        }

        if (command.Provider is Provider.Zalo && !command.MessagingConsent)
        {
            return new Fault.ConsentRequired(page);
        }

        var named = command.Candidate.Name.Length > 0 ? connection with { PageName = command.Candidate.Name } : connection;
        return GrantPage(decision, named, command.Account, command.NewGrantId, command.ExpiresAt, session: null);
    }

    public static Fault? Refuse(DecisionBuilder decision, Command.Refuse command)
    {
        if (decision.Record.FindSession(command.SessionId) is not { } session)
        {
            return new Fault.SessionNotFound(command.SessionId);
        }

        // The page of a joined session was connected through another one: there is nothing left to refuse.
        if (session.Ended is SessionEnd.Refused or SessionEnd.Joined)
        {
            return null;
        }

        if (!session.IsOpen)
        {
            return new Fault.StepNotAllowed(session.Id, session.Step, ConnectSession.OpenSteps);
        }

        EndAttempt(decision, session, SessionEnd.Refused);
        return null;
    }

    /// <summary>
    /// Ends an open session without a grant. A listed page stays as it is; a new page is refused when the last session that chose it ends.
    /// </summary>
    public static void EndAttempt(DecisionBuilder decision, ConnectSession session, SessionEnd end)
    {
        if (session.Page is { } page
            && decision.Record.Find(page) is { State: State.Pending } connection
            && decision.Record.SessionsWaitingFor(page).All(s => s.Id == session.Id))
        {
            decision.Fire(connection, Trigger.Refuse, end is SessionEnd.TimedOut ? Cause.SessionTimedOut : Cause.ConsentRefused);
        }

        decision.End(session, end);
    }

    // Every session that waits for the page ends with the grant.
    private static Fault? GrantPage(
        DecisionBuilder decision, Connection connection, Account account, ulong grantId, DateTimeOffset? requestedExpiry, ConnectSession? session)
    {
        if (ConnectRules.CheckSlot(decision, connection) is { } quotaExceeded)
        {
            return quotaExceeded;
        }

        var (expiresAt, fault) = ExpiryRules.GetExpiry(decision, connection.Page.Provider, requestedExpiry);
        if (fault is not null)
        {
            return fault;
        }

        if (decision.Rules.OneHolderPerPage)
        {
            decision.ClaimPage(connection.Page);
        }

        var granted = connection with
        {
            AccountId = account.Id,
            GrantId = grantId,
            GrantSince = decision.Now,
            IssuedAt = decision.Now,
            FollowsGrant = connection.FollowsGrant || connection.GrantId != 0,
            ConnectedAt = decision.Now,
            HoldId = grantId,
            PreviousHoldId = 0,
            ExpiresAt = expiresAt,
            VerifiedAt = null,
        };
        if (decision.Fire(granted, Trigger.Grant) is { } illegal)
        {
            return illegal;
        }

        if (session is not null)
        {
            decision.End(session with { GrantId = grantId }, SessionEnd.Granted);
        }

        foreach (var joined in decision.Record.SessionsWaitingFor(connection.Page).ToList())
        {
            decision.End(joined, SessionEnd.Joined);
        }

        return null;
    }
}
