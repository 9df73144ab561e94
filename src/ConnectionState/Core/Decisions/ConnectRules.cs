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

        var step = session.Step;
        if (!BeforeConsent.Contains(step))
        {
            return new Fault.StepNotAllowed(session.Id, step, BeforeConsent);
        }

        if (!command.Account.IsPersonal)
        {
            return new Fault.AccountNotPersonal(command.Account.Id);
        }

        var size = RecordSize.OfCandidates(decision.Record) - session.CandidatesSize + RecordSize.OfCandidates(command.Candidates);
        if (size > RecordSize.MaxCandidates)
        {
            return new Fault.RecordTooLarge(MerchantParts.Candidates, size, RecordSize.MaxCandidates);
        }

        UpdateNames(decision, session.Provider, command.Candidates);
        var offersPages = command.Candidates.Any(c => c.Problem is not CandidateProblem.InvalidId && Candidates.HasSufficientRole(c, decision.Rules));
        decision.Put(
            session with { Account = command.Account, SignedInAt = decision.Now, OffersPages = offersPages }, command.Candidates);
        if (command.Complete)
        {
            SuspectMissingPages(decision, session.Provider, command);
        }

        return null;
    }

    public static Fault? ChoosePage(DecisionBuilder decision, Command.ChoosePage command)
    {
        if (decision.Record.FindSession(command.SessionId) is not { } session)
        {
            return new Fault.SessionNotFound(command.SessionId);
        }

        var step = session.Step;
        if (step is SessionStep.Consent or SessionStep.Lost && session.PageId == command.PageId)
        {
            return null;
        }

        if (step is not (SessionStep.Permission or SessionStep.ChoosePage))
        {
            return new Fault.StepNotAllowed(session.Id, step, [SessionStep.ChoosePage]);
        }

        var page = new PageRef(session.Provider, command.PageId);
        if (session.ReconnectPageId is { } expected && expected != page.PageId)
        {
            return new Fault.ReconnectPageMismatch(session.Id, new PageRef(session.Provider, expected), page);
        }

        var candidate = session.Candidates.FirstOrDefault(c => c.PageId == command.PageId);
        return candidate is null ? new Fault.PageNotOffered(page) : Choose(decision, session, candidate, page);
    }

    /// <summary>Makes a page that is not listed pending, at the end of the page list.</summary>
    public static Fault? Request(DecisionBuilder decision, ConnectSession session, PageRef page, string pageName)
    {
        var known = decision.Record.Find(page);
        return decision.Fire(
            new Connection
            {
                Page = page,
                PageName = pageName,
                State = known?.State ?? State.None,
                Cause = known?.Cause ?? Cause.None,
                Acknowledged = known?.Acknowledged ?? false,
                AccountId = session.Account!.Id,
                StateSince = known?.StateSince ?? decision.Now,
                GrantSince = decision.Now,
                IssuedAt = decision.Now,
                FollowsGrant = known is not null && (known.FollowsGrant || known.GrantId != 0),
                Revision = 0,
                Order = decision.TakeOrder(),
            },
            Trigger.Request);
    }

    /// <summary>Returns the fault if bringing a page into use needs a slot and none is free.</summary>
    public static Fault.PageQuotaExceeded? CheckSlot(DecisionBuilder decision, Connection? connection)
    {
        var hasSlot = connection is not null && (connection.HoldsSlot || Quota.HasReservedSlot(decision.Record, connection));
        var quota = decision.Quota;
        return hasSlot || quota.HasFreeSlot
            ? null
            : new Fault.PageQuotaExceeded(quota.Used, quota.Limit, Quota.SessionsHoldingSlots(decision.Record));
    }

    private static Fault? CheckBegin(DecisionBuilder decision, Command.BeginConnect command)
    {
        Connection? connection = null;
        if (command.ReconnectPageId is { } pageId)
        {
            var page = new PageRef(command.Provider, pageId);
            connection = decision.Record.Find(page);
            if (connection is null)
            {
                return new Fault.ConnectionNotFound(page);
            }
        }

        return (Fault?)CheckSlot(decision, connection) ?? MakeRoom(decision);
    }

    // A merchant at the limit of open sessions loses the oldest one that does not wait for the provider's answer.
    private static Fault.SessionLimitExceeded? MakeRoom(DecisionBuilder decision)
    {
        var limit = decision.Rules.Retention.Sessions;
        var open = decision.Record.Sessions.Where(s => s.IsOpen).ToList();
        if (open.Count < limit)
        {
            return null;
        }

        if (open.Find(s => s.PageId is null) is not { } oldest)
        {
            return new Fault.SessionLimitExceeded(limit, [.. open.Select(s => s.Id)]);
        }

        ConsentRules.EndAttempt(decision, oldest, SessionEnd.TimedOut);
        return null;
    }

    private static bool IsPage(Candidate candidate) => candidate.Problem is not CandidateProblem.InvalidId;

    private static void UpdateNames(DecisionBuilder decision, Provider provider, ImmutableArray<Candidate> candidates)
    {
        var names = candidates.Where(IsPage).ToDictionary(c => c.PageId, c => c.Name);
        foreach (var connection in decision.Record.Connections.Where(c => c.Page.Provider == provider))
        {
            if (names.TryGetValue(connection.Page.PageId, out var name) && name.Length > 0 && name != connection.PageName)
            {
                decision.Put(connection with { PageName = name });
            }
        }
    }

    private static void SuspectMissingPages(DecisionBuilder decision, Provider provider, Command.SubmitAccount command)
    {
        var granted = command.Candidates.Where(IsPage).Select(c => c.PageId).ToHashSet();
        var missing = decision.Record.Connections.Where(c =>
            c.State is State.Connected && c.Page.Provider == provider && c.AccountId == command.Account.Id && !granted.Contains(c.Page.PageId));
        foreach (var connection in missing)
        {
            var evidence = new Evidence(
                EvidenceSource.NotGranted, Signal.PermissionRevoked, null, null, decision.Now, command.Origin.Actor);
            SuspicionRules.Count(decision, connection, Signal.PermissionRevoked, evidence);
        }
    }

    private static Fault? Choose(DecisionBuilder decision, ConnectSession session, Candidate candidate, PageRef page)
    {
        var chosen = session with { PageId = candidate.PageId };
        switch (Candidates.GetEligibility(candidate, session, decision.Record, decision.Rules))
        {
            case Eligibility.RoleTooLow:
                return new Fault.PageRoleTooLow(page, candidate.Role, candidate.Tasks, Candidates.SufficientTasks(decision.Rules));
            case Eligibility.AlreadyConnected:
                return new Fault.PageAlreadyConnected(page);
            case Eligibility.InvalidId or Eligibility.OtherPage:
                return new Fault.PageNotOffered(page);
            case Eligibility.Deleted:
                decision.End(chosen, SessionEnd.Lost);
                return null;
            case Eligibility.Eligible:
                break;
            default:
                throw new UnreachableException();
        }

        var known = decision.Record.Find(page);
        if (CheckSlot(decision, known) is { } fault)
        {
            return fault;
        }

        // A listed page stays as it is until the provider answers.
        var name = candidate.Name.Length > 0 ? candidate.Name : candidate.PageId;
        if (known is not { IsListed: true } && Request(decision, session, page, name) is { } illegal)
        {
            return illegal;
        }

        decision.Put(chosen, [candidate]);
        return null;
    }
}
