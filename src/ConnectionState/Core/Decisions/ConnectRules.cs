using System.Collections.Immutable;
using System.Diagnostics;

namespace ConnectionStateService.Core.Decisions;

/// <summary>A connect session from choosing the provider to choosing the page (R1 to R5, R7, R9 to R12, R19).</summary>
internal static class ConnectRules
{
    private static readonly ImmutableArray<SessionStep> BeforeConsent =
        [SessionStep.SignIn, SessionStep.Permission, SessionStep.ChoosePage];

    public static Fault? Begin(DecisionBuilder decision, Command.BeginConnect command)
    {
        if (CheckBegin(decision, command) is { } fault)
        {
            return fault;
        }

        var open = decision.Record.Sessions.Where(s => s.IsOpen).ToList();
        if (open.Count >= decision.Rules.Retention.Sessions)
        {
            DeadlineRules.TimeOut(decision, open[0]);
        }

        decision.Begin(new ConnectSession
        {
            Id = command.SessionId,
            Provider = command.Provider,
            ReconnectPageId = command.ReconnectPageId,
            Deadline = decision.Now + decision.Rules.SessionLength,
        });
        return null;
    }

    public static Fault? SubmitAccount(DecisionBuilder decision, Command.SubmitAccount command)
    {
        if (decision.Record.FindSession(command.SessionId) is not { } session)
        {
            return new Fault.SessionNotFound(command.SessionId);
        }

        var step = session.Step(decision.Rules);
        if (!BeforeConsent.Contains(step))
        {
            return new Fault.StepNotAllowed(session.Id, step, BeforeConsent);
        }

        if (!command.Account.IsPersonal)
        {
            return new Fault.AccountNotPersonal(command.Account.Id);
        }

        decision.Put(session with { Account = command.Account, Candidates = command.Candidates, SignedInAt = decision.Now });
        return null;
    }

    public static Fault? ChoosePage(DecisionBuilder decision, Command.ChoosePage command)
    {
        if (decision.Record.FindSession(command.SessionId) is not { } session)
        {
            return new Fault.SessionNotFound(command.SessionId);
        }

        var step = session.Step(decision.Rules);
        if (step is SessionStep.Consent && session.PageId == command.PageId)
        {
            return null;
        }

        if (step is not (SessionStep.Permission or SessionStep.ChoosePage))
        {
            return new Fault.StepNotAllowed(session.Id, step, [SessionStep.ChoosePage]);
        }

        var page = new PageRef(session.Provider, command.PageId);
        var candidate = session.Candidates.FirstOrDefault(c => c.PageId == command.PageId);
        return candidate is null ? new Fault.PageNotOffered(page) : Choose(decision, session, candidate, page);
    }

    private static Fault? CheckBegin(DecisionBuilder decision, Command.BeginConnect command)
    {
        Connection? connection = null;
        if (command.ReconnectPageId is { } pageId)
        {
            var page = new PageRef(command.Provider, pageId);
            connection = decision.Record.Find(page);
            switch (connection?.State)
            {
                case null:
                    return new Fault.ConnectionNotFound(page);
                case State.Connected:
                    return new Fault.PageAlreadyConnected(page);
            }
        }

        return NeedsSlot(connection) && !decision.Quota.HasFreeSlot ? QuotaExceeded(decision.Quota) : null;
    }

    private static Fault? Choose(DecisionBuilder decision, ConnectSession session, Candidate candidate, PageRef page)
    {
        switch (Candidates.GetEligibility(candidate, session, decision.Record, decision.Rules))
        {
            case Eligibility.RoleTooLow:
                return new Fault.PageRoleTooLow(page, candidate.Role, candidate.Tasks, Candidates.SufficientTasks(decision.Rules));
            case Eligibility.AlreadyConnected:
                return new Fault.PageAlreadyConnected(page);
            case Eligibility.Deleted:
                decision.End(session with { PageId = candidate.PageId }, SessionEnd.Lost);
                return null;
            case Eligibility.Eligible:
                break;
            default:
                throw new UnreachableException();
        }

        var known = decision.Record.Find(page);
        if (NeedsSlot(known) && !decision.Quota.HasFreeSlot)
        {
            return QuotaExceeded(decision.Quota);
        }

        // The page moves to this session; the earlier one is back at choosing a page.
        if (known is { State: State.Pending, SessionId: { } other } && decision.Record.FindSession(other) is { } earlier)
        {
            decision.Put(earlier with { PageId = null });
        }

        return Request(decision, session, candidate, page, known);
    }

    private static Fault? Request(DecisionBuilder decision, ConnectSession session, Candidate candidate, PageRef page, Connection? known)
    {
        var requested = new Connection
        {
            Page = page,
            PageName = candidate.Name,
            State = known?.State ?? State.None,
            AccountId = session.Account!.Id,
            StateSince = known?.StateSince ?? decision.Now,
            GrantSince = decision.Now,
            Revision = 0,
            Order = known is { IsListed: true } ? known.Order : decision.TakeOrder(),
            SessionId = session.Id,
        };
        if (requested.State is State.Pending)
        {
            decision.Put(requested);
        }
        else if (decision.Fire(requested, Trigger.Request) is { } fault)
        {
            return fault;
        }

        decision.Put(session with { PageId = page.PageId });
        return null;
    }

    private static bool NeedsSlot(Connection? connection) => connection is not { HoldsSlot: true };

    private static Fault.PageQuotaExceeded QuotaExceeded(Quota quota) => new(quota.Used, quota.Limit);
}
