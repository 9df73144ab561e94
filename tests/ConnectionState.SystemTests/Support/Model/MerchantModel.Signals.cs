using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.ConnectSession.Types;
using Result = ConnectionStateService.V1.SignalOutcome.Types.Result;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Support.Model;

/// <summary>SignalService, PageService and PlanService.</summary>
internal sealed partial class MerchantModel
{
    // What a report does, by state: "." is not applicable, "=" changes nothing.
    private static readonly Dictionary<State, string> Table = new()
    {
        //                    Expire    Revoke    Delete    Displace
        [State.Pending] = "   .         .         Deleted   Disconnected",
        [State.Connected] = " Expired   Revoked   Deleted   Disconnected",
        [State.Refused] = "   .         .         =         .",
        [State.Expired] = "   =         Revoked   Deleted   Disconnected",
        [State.Revoked] = "   =         =         Deleted   Disconnected",
        [State.Deleted] = "   =         =         =         =",
        [State.Disconnected] = "= = = =",
    };

    /// <summary>A report about a page, by an error that is hard or soft, or by a signal, which is hard.</summary>
    /// <param name="page">The page.</param>
    /// <param name="evidence">What was observed; without the time.</param>
    /// <param name="isHard">Whether it is certain.</param>
    /// <param name="grantId">The grant that it names, or null.</param>
    /// <param name="isOld">Whether it was observed before everything else.</param>
    /// <param name="isSame">Whether it was observed exactly when the newest evidence about the page was.</param>
    public (Refusal? Refusal, Result Result) Report(PageRef page, Evidence evidence, bool isHard, string? grantId, bool isOld, bool isSame = false)
    {
        if (Find(page) is not { } known)
        {
            var isOffered = sessions.Exists(s => s.IsOpen && s.Provider == page.Provider && s.Candidates.Exists(c => c.PageId == page.PageId));
            return isHard && isOffered && evidence.Signal is Signal.PageDeleted
                ? (null, !isOld && LosePage(page) ? Result.Applied : Result.Unchanged)
                : (Refusal.Connection(page), default);
        }

        if (IsStale(known, grantId, isOld) || (isOld && known.IsVerified))
        {
            return (null, Result.Stale);
        }

        var (trigger, column, cause) = evidence.Signal switch
        {
            Signal.TokenExpired => (Trigger.Expire, 0, Cause.TokenExpired),
            Signal.PermissionRevoked => (Trigger.Revoke, 1, Cause.PermissionRevoked),
            Signal.RoleLost => (Trigger.Revoke, 1, Cause.RoleLost),
            Signal.PageDeleted => (Trigger.Delete, 2, Cause.PageDeleted),
            _ => (Trigger.Displace, 3, Cause.SignedInElsewhere),
        };
        var to = Table[known.State].Split(' ', StringSplitOptions.RemoveEmptyEntries)[column];
        if (to is ".")
        {
            return (null, Result.NotApplicable);
        }

        if (!isHard)
        {
            return (null, known.IsConnected && !isSame && CountSoft(known, evidence) ? Result.Applied : Result.Unchanged);
        }

        var isApplied = to is not "=";
        if (isApplied)
        {
            Move(known, trigger, System.Enum.Parse<State>(to), cause, evidence);
        }

        isApplied |= evidence.Signal is Signal.PageDeleted && !isOld && LosePage(page);
        return (null, isApplied ? Result.Applied : Result.Unchanged);
    }

    public (Refusal? Refusal, Result Result) Succeed(PageRef page, string? grantId, bool isOld, string actor)
    {
        if (Find(page) is not { } known)
        {
            return (Refusal.Connection(page), Result.Failed);
        }

        if (IsStale(known, grantId, isOld))
        {
            return (null, Result.Stale);
        }

        if (known.IsConnected)
        {
            if (isOld || known.Soft.Count == 0)
            {
                return (null, Result.Unchanged);
            }

            known.Soft.Clear();
            (known.Evidence, known.ObservedAt, known.IsVerified) = (null, new(), true);
            Touch(known);
            return (null, Result.Applied);
        }

        if (!known.IsLostByReport || !(known.State is State.Expired or State.Revoked or State.Deleted && known.IsListed))
        {
            return (null, Result.NotApplicable);
        }

        if (grantId is null || isOld)
        {
            return (null, grantId is null ? Result.Unchanged : Result.Stale);
        }

        if (CheckSlot(known) is { } refusal)
        {
            return (refusal, Result.Failed);
        }

        if (known.State is State.Deleted)
        {
            var offers = sessions.Where(s => s.IsOpen && s.Provider == page.Provider).SelectMany(s => s.Candidates);
            foreach (var candidate in offers.Where(c => c.PageId == page.PageId))
            {
                candidate.IsDeleted = false;
            }
        }

        Move(known, Trigger.Restore, State.Connected, Cause.Unspecified, null);
        known.IsVerified = true;
        return (null, Result.Applied);
    }

    /// <summary>A renewal.</summary>
    /// <param name="request">The request.</param>
    /// <param name="old">The time before everything else.</param>
    public (Refusal? Refusal, Result Result) Renew(RenewGrantRequest request, Timestamp old)
    {
        if (Find(request.Page) is not { } page)
        {
            return (Refusal.Connection(request.Page), default);
        }

        var isOld = old.Equals(request.IssuedAt);
        var isBeforeLoss = isOld && page.IsLostByReport && !old.Equals(page.ObservedAt.Value);
        if (isBeforeLoss || (request.HasGrantId ? request.GrantId != GrantIdOf(page) : isOld && !page.HasOldToken))
        {
            return (null, Result.Stale);
        }

        if (IsPast(request.ExpiresAt))
        {
            return (new(ErrorReason.InvalidRequest), default);
        }

        if (page.State is not (State.Connected or State.Expired or State.Revoked))
        {
            return (new(
                ErrorReason.IllegalTransition,
                [.. Refusal.Of(page.Page), ("state", Refusal.WireName($"{page.State}")), ("trigger", "RENEW")]), default);
        }

        Move(page, Trigger.Renew, State.Connected, Cause.Unspecified, null);
        SetToken(page, request.ExpiresAt);
        page.HasOldToken = isOld;
        return (null, Result.Applied);
    }

    public Refusal? Acknowledge(PageRef page)
    {
        if (Find(page) is not { } known)
        {
            return Refusal.Connection(page);
        }

        if (known is { IsLost: true, Acknowledged: false })
        {
            known.Acknowledged = true;
            Touch(known);
            if (!known.IsListed && sessions.Find(s => s.IsWaitingFor(page)) is { } waiting)
            {
                Request(page, known.Name, waiting);
            }
        }

        return null;
    }

    public Refusal? Disconnect(PageRef page)
    {
        if (Find(page) is not { } known)
        {
            return Refusal.Connection(page);
        }

        if (known.IsListed)
        {
            Move(known, Trigger.Disconnect, State.Disconnected, Cause.MerchantDisconnected, null);
        }

        foreach (var session in sessions.Where(s => s.IsWaitingFor(page)).ToList())
        {
            End(session, Step.Refused);
        }

        return null;
    }

    public Refusal? SetPlan(SetPlanRequest request)
    {
        if (plan != request.Plan || bought != request.BoughtPages)
        {
            (plan, bought, hasChanged) = (request.Plan, request.BoughtPages, true);
        }

        return null;
    }

    private static string GrantIdOf(ModelPage page) => page.IsGranted ? page.GrantId.Value! : "";

    // Every grant and every request is newer than what was observed before everything else.
    private static bool IsStale(ModelPage page, string? grantId, bool isOld) => grantId is null ? isOld : grantId != GrantIdOf(page);

    private bool CountSoft(ModelPage page, Evidence evidence)
    {
        var count = page.Soft.GetValueOrDefault(evidence.Signal) + 1;
        if (count == SoftToLose)
        {
            var (trigger, to, cause) = evidence.Signal switch
            {
                Signal.TokenExpired => (Trigger.Expire, State.Expired, Cause.TokenExpired),
                Signal.PermissionRevoked => (Trigger.Revoke, State.Revoked, Cause.PermissionRevoked),
                _ => (Trigger.Delete, State.Deleted, Cause.PageDeleted),
            };
            Move(page, trigger, to, cause, evidence);
            return true;
        }

        if (page.Soft.Count == 0)
        {
            page.SuspectSince = new();
        }

        page.Soft[evidence.Signal] = count;
        (page.Evidence, page.ObservedAt) = (evidence, new());
        Touch(page);
        return true;
    }

    // A page that is deleted for sure ends the sessions that wait for it, and can no longer be chosen in the others.
    private bool LosePage(PageRef page)
    {
        var before = hasChanged;
        hasChanged = false;
        foreach (var session in sessions.Where(s => s.IsOpen && s.Provider == page.Provider).ToList())
        {
            if (session.IsWaitingFor(page))
            {
                End(session, Step.Lost);
            }
            else if (session.Candidates.Find(c => c.PageId == page.PageId && c is { IsDeleted: false, HasValidId: true }) is { } candidate)
            {
                candidate.IsDeleted = true;
                hasChanged = true;
            }
        }

        var isApplied = hasChanged;
        hasChanged |= before;
        return isApplied;
    }
}
