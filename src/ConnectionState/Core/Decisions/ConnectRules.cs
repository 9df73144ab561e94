using System.Collections.Immutable;
using System.Diagnostics;

namespace ConnectionStateService.Core;

/// <summary>From choosing the provider to choosing the page (R1 to R5, R7, R9 to R12, R19).</summary>
internal static class ConnectRules
{
    private static readonly ImmutableArray<SessionStep> BeforeConsent =
        [SessionStep.SignIn, SessionStep.Permission, SessionStep.ChoosePage];

    public static Fault? Begin(Draft draft, Command.BeginConnect command)
    {
        if (MayBegin(draft, command) is { } fault)
        {
            return fault;
        }

        var open = draft.Record.Sessions.Where(s => s.IsOpen).ToList();
        if (open.Count >= draft.Rules.KeptSessions)
        {
            TimeRules.TimeOut(draft, open[0]);
        }

        draft.Begin(new ConnectSession
        {
            Id = command.SessionId,
            Provider = command.Provider,
            ReconnectPageId = command.ReconnectPageId,
            Deadline = draft.Now + draft.Rules.SessionLength,
        });
        return null;
    }

    public static Fault? SubmitAccount(Draft draft, Command.SubmitAccount command)
    {
        if (draft.Record.FindSession(command.SessionId) is not { } session)
        {
            return new Fault.SessionNotFound(command.SessionId);
        }

        var step = session.Step(draft.Rules);
        if (!BeforeConsent.Contains(step))
        {
            return new Fault.StepNotAllowed(session.Id, step, BeforeConsent);
        }

        if (!command.Account.IsPersonal)
        {
            return new Fault.AccountNotPersonal(command.Account.Id);
        }

        draft.Put(session with { Account = command.Account, Candidates = command.Candidates, SignedInAt = draft.Now });
        return null;
    }

    public static Fault? ChoosePage(Draft draft, Command.ChoosePage command)
    {
        if (draft.Record.FindSession(command.SessionId) is not { } session)
        {
            return new Fault.SessionNotFound(command.SessionId);
        }

        var step = session.Step(draft.Rules);
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
        return candidate is null ? new Fault.PageNotOffered(page) : Choose(draft, session, candidate, page);
    }

    private static Fault? MayBegin(Draft draft, Command.BeginConnect command)
    {
        Connection? connection = null;
        if (command.ReconnectPageId is { } pageId)
        {
            var page = new PageRef(command.Provider, pageId);
            connection = draft.Record.Find(page);
            switch (connection?.State)
            {
                case null:
                    return new Fault.ConnectionNotFound(page);
                case State.Connected:
                    return new Fault.PageAlreadyConnected(page);
            }
        }

        return NeedsSlot(connection) && !draft.Quota.HasFreeSlot ? Exceeded(draft.Quota) : null;
    }

    private static Fault? Choose(Draft draft, ConnectSession session, Candidate candidate, PageRef page)
    {
        switch (Candidates.Judge(candidate, session, draft.Record, draft.Rules))
        {
            case Eligibility.RoleTooLow:
                return new Fault.PageRoleTooLow(page, candidate.Role, candidate.Tasks, Candidates.SufficientTasks(draft.Rules));
            case Eligibility.AlreadyConnected:
                return new Fault.PageAlreadyConnected(page);
            case Eligibility.Deleted:
                draft.End(session with { PageId = candidate.PageId }, SessionEnd.Lost);
                return null;
            case Eligibility.Eligible:
                break;
            default:
                throw new UnreachableException();
        }

        var known = draft.Record.Find(page);
        if (NeedsSlot(known) && !draft.Quota.HasFreeSlot)
        {
            return Exceeded(draft.Quota);
        }

        if (known is { State: State.Pending, SessionId: { } other } && draft.Record.FindSession(other) is { } overtaken)
        {
            draft.Put(overtaken with { PageId = null });
        }

        return Request(draft, session, candidate, page, known);
    }

    private static Fault? Request(Draft draft, ConnectSession session, Candidate candidate, PageRef page, Connection? known)
    {
        var requested = new Connection
        {
            Page = page,
            PageName = candidate.Name,
            State = known?.State ?? State.None,
            Cause = known?.Cause ?? Cause.None,
            AccountId = session.Account!.Id,
            StateSince = known?.StateSince ?? draft.Now,
            GrantSince = draft.Now,
            Revision = 0,
            Order = known is { IsListed: true } ? known.Order : draft.TakeOrder(),
            SessionId = session.Id,
        };
        if (requested.State is State.Pending)
        {
            draft.Put(requested);
        }
        else if (draft.Fire(requested, Trigger.Request) is { } fault)
        {
            return fault;
        }

        draft.Put(session with { PageId = page.PageId });
        return null;
    }

    private static bool NeedsSlot(Connection? connection) => connection is not { HoldsSlot: true };

    private static Fault.PageQuotaExceeded Exceeded(Quota quota) => new(quota.Used, quota.Limit);
}
