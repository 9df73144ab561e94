using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.Candidate.Types;
using static ConnectionStateService.V1.ConnectSession.Types;
using Source = ConnectionStateService.V1.Evidence.Types.Source;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Support.Model;

/// <summary>ConnectService.</summary>
internal sealed partial class MerchantModel
{
    private const string BeforeConsent = "SIGN_IN,PERMISSION,CHOOSE_PAGE";

    public Refusal? Begin(BeginConnectRequest request)
    {
        ModelPage? page = null;
        if (request.HasReconnectPageId)
        {
            var wanted = new PageRef { Provider = request.Provider, PageId = request.ReconnectPageId };
            page = Find(wanted);
            if (page is null)
            {
                return Refusal.Connection(wanted);
            }
        }

        if (CheckSlot(page) is { } refusal)
        {
            return refusal;
        }

        var open = sessions.Where(s => s.IsOpen).ToList();
        if (open.Count >= SessionsKept)
        {
            if (open.Find(s => s.Step is not Step.Consent) is not { } oldest)
            {
                return new(
                    ErrorReason.SessionLimitExceeded, ("limit", $"{SessionsKept}"), ("sessions", string.Join(",", open.Select(s => s.Id))));
            }

            End(oldest, Step.TimedOut);
        }

        sessions.Add(new() { Provider = request.Provider, ReconnectPageId = request.HasReconnectPageId ? request.ReconnectPageId : null });
        hasChanged = true;
        return null;
    }

    public Refusal? Submit(SubmitAccountRequest request)
    {
        if (FindSession(request.SessionId) is not { } session)
        {
            return Refusal.Session(request.SessionId);
        }

        if (session.Step is not (Step.SignIn or Step.Permission or Step.ChoosePage))
        {
            return Refusal.Step(session, BeforeConsent);
        }

        if (!request.Account.Personal)
        {
            return new(ErrorReason.AccountNotPersonal, ("account_id", request.Account.AccountId));
        }

        (session.Account, session.Candidates) = (request.Account, ModelCandidate.Merge(request.Candidates));
        hasChanged = true;
        foreach (var page in pages.Where(p => p.Page.Provider == session.Provider))
        {
            if (session.Candidates.Find(c => c.PageId == page.Page.PageId) is { } candidate && candidate.Name != page.Name)
            {
                page.Name = candidate.Name;
                Touch(page);
            }
        }

        if (request.Complete)
        {
            var missing = pages.Where(p => p.IsConnected && p.Page.Provider == session.Provider && p.Account == request.Account.AccountId
                && !session.Candidates.Exists(c => c.PageId == p.Page.PageId));
            foreach (var page in missing)
            {
                CountSoft(page, new() { Source = Source.NotGranted, Signal = Signal.PermissionRevoked, ReportedBy = request.Actor });
            }
        }

        return null;
    }

    public Refusal? Choose(ChoosePageRequest request)
    {
        if (FindSession(request.SessionId) is not { } session)
        {
            return Refusal.Session(request.SessionId);
        }

        if (session.Step is Step.Consent or Step.Lost && session.PageId == request.PageId)
        {
            return null;
        }

        if (session.Step is not (Step.Permission or Step.ChoosePage))
        {
            return Refusal.Step(session, "CHOOSE_PAGE");
        }

        var page = new PageRef { Provider = session.Provider, PageId = request.PageId };
        if (session.ReconnectPageId is { } expected && expected != request.PageId)
        {
            return new(ErrorReason.ReconnectPageMismatch, ("session_id", session.Id), ("expected", expected), ("chosen", request.PageId));
        }

        if (session.Candidates.Find(c => c.PageId == request.PageId) is not { } candidate)
        {
            return new(ErrorReason.PageNotOffered, Refusal.Of(page));
        }

        var known = Find(page);
        switch (session.EligibilityOf(candidate, known))
        {
            case Eligibility.RoleTooLow:
                return new(ErrorReason.PageRoleTooLow, Refusal.Of(page));
            case Eligibility.AlreadyConnected:
                return new(ErrorReason.PageAlreadyConnected, Refusal.Of(page));
            case Eligibility.Deleted:
                session.PageId = request.PageId;
                End(session, Step.Lost);
                return null;
        }

        if (CheckSlot(known) is { } refusal)
        {
            return refusal;
        }

        if (known is not { IsListed: true })
        {
            Request(page, candidate.Name, session);
        }

        (session.PageId, session.Candidates) = (request.PageId, [candidate]);
        hasChanged = true;
        return null;
    }

    public Refusal? Grant(GrantRequest request)
    {
        if (FindSession(request.SessionId) is not { } session)
        {
            return Refusal.Session(request.SessionId);
        }

        var page = session.Page is { } chosen ? Find(chosen) : null;
        if (session.Step is Step.Connected && (!session.IsJoined || page is not { IsListed: true }))
        {
            return null;
        }

        if (session.Step is not (Step.Consent or Step.Connected) || page is null)
        {
            return Refusal.Step(session, "CONSENT");
        }

        if (CheckGrant(page, request.MessagingConsent, request.ExpiresAt) is { } refusal)
        {
            return refusal;
        }

        Grant(page, session.Account!.AccountId, request.ExpiresAt);
        if (session.IsOpen)
        {
            End(session, Step.Connected);
        }

        session.IsJoined = false;
        JoinSessions(page.Page);
        return null;
    }

    public Refusal? Reconnect(ReconnectRequest request)
    {
        var wanted = new PageRef { Provider = request.Provider, PageId = request.Page.PageId };
        if (Find(wanted) is not { IsListed: true } page)
        {
            return Refusal.Connection(wanted);
        }

        if (!request.Account.Personal)
        {
            return new(ErrorReason.AccountNotPersonal, ("account_id", request.Account.AccountId));
        }

        if (!ModelCandidate.Merge([request.Page])[0].IsEditor)
        {
            return new(ErrorReason.PageRoleTooLow, Refusal.Of(wanted));
        }

        if (CheckGrant(page, request.MessagingConsent, request.ExpiresAt) is { } refusal)
        {
            return refusal;
        }

        page.Name = request.Page.Name.Length > 0 ? request.Page.Name : page.Name;
        Grant(page, request.Account.AccountId, request.ExpiresAt);
        JoinSessions(wanted);
        return null;
    }

    public Refusal? Refuse(RefuseRequest request)
    {
        if (FindSession(request.SessionId) is not { } session)
        {
            return Refusal.Session(request.SessionId);
        }

        if (session.Step is Step.Refused || session.IsJoined)
        {
            return null;
        }

        if (!session.IsOpen)
        {
            return Refusal.Step(session, $"{BeforeConsent},CONSENT");
        }

        End(session, Step.Refused);
        if (session.Page is { } chosen && Find(chosen) is { State: State.Pending } page && !sessions.Exists(s => s.IsWaitingFor(chosen)))
        {
            Move(page, Trigger.Refuse, State.Refused, Cause.ConsentRefused, null);
        }

        return null;
    }

    // The page enters the list at its end, as if it were new.
    private void Request(PageRef wanted, string name, ModelSession session)
    {
        var before = Find(wanted);
        var page = new ModelPage
        {
            Page = wanted,
            Name = name,
            Account = session.Account!.AccountId,
            State = before?.State ?? State.Unspecified,
            Order = nextOrder++,
        };
        if (before is not null)
        {
            pages.Remove(before);
        }

        pages.Add(page);
        Move(page, Trigger.Request, State.Pending, Cause.Unspecified, null);
    }

    private Refusal? CheckGrant(ModelPage page, bool consent, Timestamp? expiresAt) =>
        page.Page.Provider is Provider.Zalo && !consent ? new(ErrorReason.ConsentRequired, Refusal.Of(page.Page))
        : CheckSlot(page) is { } refusal ? refusal
        : IsPast(expiresAt) ? new(ErrorReason.InvalidRequest)
        : null;

    private void Grant(ModelPage page, string account, Timestamp? expiresAt)
    {
        Move(page, Trigger.Grant, State.Connected, Cause.Unspecified, null);
        (page.Account, page.IsGranted, page.ConnectedAt, page.IsHeldByOther) = (account, true, new(), false);
        SetToken(page, expiresAt);
    }

    private void JoinSessions(PageRef page)
    {
        foreach (var session in sessions.Where(s => s.IsWaitingFor(page)).ToList())
        {
            End(session, Step.Connected);
            session.IsJoined = true;
        }
    }

    // Without an expiry: for Zalo a year from now, for Facebook never.
    private static void SetToken(ModelPage page, Timestamp? expiresAt)
    {
        (page.GrantId, page.IsVerified, page.HasOldToken) = (new(), false, false);
        page.ExpiresAt = expiresAt is null && page.Page.Provider is Provider.Zalo ? new() : Learned<Timestamp>.Of(expiresAt);
    }

    private static bool IsPast(Timestamp? expiresAt) => expiresAt is not null && expiresAt.ToDateTimeOffset() < DateTimeOffset.UtcNow;
}
