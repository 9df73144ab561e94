using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.V1;
using Google.Protobuf.Collections;
using Candidate = ConnectionStateService.V1.Candidate;
using Eligibility = ConnectionStateService.V1.Candidate.Types.Eligibility;
using Step = ConnectionStateService.V1.ConnectSession.Types.Step;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>Maps merchants to their exported form and back. What an export has is what an import of it stores.</summary>
internal static class ExportMapping
{
    /// <summary>Exports a merchant. Its candidates must be loaded.</summary>
    public static ExportedMerchant ToExport(this MerchantRecord record) => new()
    {
        MerchantId = record.MerchantId,
        Revision = record.Revision,
        Plan = (V1.Plan)(record.Plan ?? 0),
        BoughtPages = record.BoughtPages,
        TrialEndsAt = record.TrialEndsAt.ToProto(),
        Connections = { record.Connections.Select(ToExport) },
        Sessions = { record.Sessions.Where(session => session.IsOpen).Select(ToExport) },
    };

    /// <summary>Returns the record that an import stores. The merchant has been validated.</summary>
    public static MerchantRecord ToCore(this ExportedMerchant merchant) => new()
    {
        MerchantId = merchant.MerchantId,
        Revision = merchant.Revision,
        Plan = merchant.Plan is V1.Plan.Unspecified ? null : (Core.Plan)merchant.Plan,
        BoughtPages = merchant.BoughtPages,
        TrialEndsAt = merchant.TrialEndsAt.ToCore(),
        Connections = [.. merchant.Connections.Select((connection, n) => ToCore(connection, order: n + 1))],
        NextOrder = merchant.Connections.Count + 1,
        Sessions = [.. merchant.Sessions.Select(ToCore)],
    };

    private static ExportedConnection ToExport(Core.Connection connection) => new()
    {
        Connection = connection.ToProto(),
        TokenExpiresAt = connection.ExpiresAt.ToProto(),
        GrantSince = connection.GrantSince.ToProto(),
        FollowsGrant = connection.FollowsGrant,
        IssuedAt = connection.IssuedAt.ToProto(),
        VerifiedAt = connection.VerifiedAt.ToProto(),
        SoftSignals =
        {
            (connection.Suspicion?.Signals ?? []).Select(signals => new ExportedConnection.Types.SoftSignals
            {
                Signal = (V1.Signal)signals.Signal,
                Count = signals.Count,
                FirstObservedAt = signals.FirstObservedAt.ToProto(),
                LastObservedAt = signals.LastObservedAt.ToProto(),
            }),
        },
    };

    private static Core.Connection ToCore(ExportedConnection exported, long order)
    {
        var connection = exported.Connection;
        var since = connection.StateSince.ToDateTimeOffset();
        var grantSince = exported.GrantSince.ToCore() ?? since;
        var state = (State)connection.State;
        var isGranted = state is State.Connected or State.Expired or State.Revoked;
        var grantId = connection.GrantId.ParseGrantId() ?? (isGranted ? RandomIds.Next() : 0);
        var evidence = connection.Evidence?.ToCore();
        var isSuspect = connection.Health is V1.Health.Suspect;
        return new()
        {
            Page = connection.Page.ToCore(),
            PageName = connection.PageName.Length > 0 ? connection.PageName : connection.Page.PageId,
            State = state,
            Cause = (Core.Cause)connection.Cause,
            AccountId = connection.AccountId,
            StateSince = since,
            GrantId = grantId,
            GrantSince = grantSince,
            FollowsGrant = exported.FollowsGrant,
            IssuedAt = exported.IssuedAt.ToCore() ?? grantSince,
            ConnectedAt = connection.ConnectedAt.ToCore() ?? (isGranted ? grantSince : null),
            HoldId = grantId,
            ExpiresAt = exported.TokenExpiresAt.ToCore() ?? connection.ExpiresAt.ToCore(),
            ExpiresSoon = connection.ExpiresSoon,
            Acknowledged = connection.Acknowledged,
            Revision = connection.Revision,
            Order = order,
            VerifiedAt = exported.VerifiedAt.ToCore(),
            Suspicion = isSuspect
                ? new Suspicion(connection.SuspectSince.ToDateTimeOffset(), [.. exported.SoftSignals.Select(ToCore)], evidence!)
                : null,
            LossEvidence = isSuspect ? null : evidence,
        };
    }

    private static SoftSignals ToCore(ExportedConnection.Types.SoftSignals signals) => new(
        (Core.Signal)signals.Signal, signals.Count, signals.FirstObservedAt.ToDateTimeOffset(), signals.LastObservedAt.ToDateTimeOffset());

    private static ExportedSession ToExport(Core.ConnectSession session)
    {
        var proto = session.ToProto();
        proto.Candidates.AddRange(session.Candidates.Select(ToExport));
        return new() { Session = proto, SignedInAt = session.SignedInAt.ToProto() };
    }

    private static Core.ConnectSession ToCore(ExportedSession exported)
    {
        var session = exported.Session;
        return new()
        {
            Id = session.SessionId,
            Provider = (Core.Provider)session.Provider,
            ReconnectPageId = session.ReconnectPage?.PageId,
            Account = session.Account?.ToCore(),
            SignedInAt = exported.SignedInAt.ToCore(),
            Candidates = ToCore(session.Candidates),
            OffersPages = session.Step is Step.ChoosePage or Step.Consent,
            PageId = session.Page?.PageId,
            Deadline = session.Deadline.ToDateTimeOffset(),
        };
    }

    private static Candidate ToExport(Core.Candidate candidate) => new()
    {
        PageId = candidate.PageId,
        Name = candidate.Name,
        Role = (V1.PageRole)candidate.Role,
        Tasks = { candidate.Tasks },
        Eligibility = candidate.Problem switch
        {
            CandidateProblem.InvalidId => Eligibility.InvalidId,
            CandidateProblem.Deleted => Eligibility.Deleted,
            _ => Eligibility.Unspecified,
        },
    };

    // An export has each page once, so that the two are in the same order.
    private static ImmutableArray<Core.Candidate> ToCore(RepeatedField<Candidate> candidates) =>
    [
        .. candidates.ToCore().Select((candidate, n) => n < candidates.Count && candidates[n].PageId == candidate.PageId
            ? candidate with { Problem = ToProblem(candidates[n].Eligibility, candidate.Problem) }
            : candidate),
    ];

    private static CandidateProblem ToProblem(Eligibility eligibility, CandidateProblem found) => eligibility switch
    {
        Eligibility.InvalidId => CandidateProblem.InvalidId,
        Eligibility.Deleted when found is CandidateProblem.None => CandidateProblem.Deleted,
        _ => found,
    };
}
