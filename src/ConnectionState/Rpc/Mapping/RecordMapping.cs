using System.Diagnostics;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>Maps a merchant's record and its parts to the API.</summary>
internal static class RecordMapping
{
    public static Proto.Connection ToProto(this Connection connection) => new()
    {
        Page = connection.Page.ToProto(),
        PageName = connection.PageName,
        State = (Proto.Connection.Types.State)connection.State,
        Cause = (Proto.Cause)connection.Cause,
        AccountId = connection.AccountId,
        StateSince = connection.StateSince.ToProto(),
        ConnectedAt = connection.ConnectedAt.ToProto(),
        ExpiresAt = connection.KnownExpiry.ToProto(),
        ExpiresSoon = connection.ExpiresSoon,
        Acknowledged = connection.Acknowledged,
        Revision = connection.Revision,
        GrantId = connection.GrantId.ToGrantId(),
        Health = (Proto.Health)(connection.Health ?? 0),
        SuspectSince = connection.Suspicion?.Since.ToProto(),
        Evidence = (connection.Suspicion?.Evidence ?? connection.LossEvidence)?.ToProto(),
    };

    /// <summary>Returns the response of <c>GetPageList</c>, mapped and encoded once per commit and kept with the cached merchant.</summary>
    public static Encoded<Proto.GetPageListResponse> ToPageListResponse(this StoredMerchant merchant, Rules rules) => merchant.Derive(
        (merchant, rules),
        static from => new Proto.GetPageListResponse
        {
            PageList = from.merchant.Record.ToPageList(from.rules),
            CommitId = from.merchant.CommitId.ToCommitId(),
        }.ToEncoded());

    /// <summary>Returns a commit id as the API has it; empty for none.</summary>
    public static string ToCommitId(this ulong id) => id == 0 ? "" : $"{id:x16}";

    public static Proto.PageList ToPageList(this MerchantRecord record, Rules rules) => new()
    {
        MerchantId = record.MerchantId,
        Revision = record.Revision,
        Connections = { PageList.Listed(record).Select(ToProto) },
        Sessions = { record.Sessions.Where(s => s.IsOpen).Select(ToProto) },
        Quota = Quota.Of(record, rules).ToProto(),
    };

    public static Proto.Quota ToProto(this Quota quota) => new()
    {
        Plan = (Proto.Plan)quota.Plan,
        Limit = quota.Limit,
        Used = quota.Used,
        Bought = quota.BoughtPages,
        OverLimit = quota.OverLimit,
        TrialEndsAt = quota.TrialEndsAt.ToProto(),
    };

    public static Proto.Navigation ToProto(this Navigation navigation) => navigation switch
    {
        Navigation.ToPage to => new() { Page = to.Page.ToProto() },
        Navigation.ToConnect to => new() { Connect = new() { Provider = (Proto.Provider)to.Provider } },
        _ => throw new UnreachableException(),
    };

    public static Proto.ConnectSession ToProto(this ConnectSession session, MerchantRecord record, Rules rules)
    {
        var proto = session.ToProto();
        var connections = record.Connections.Where(c => c.Page.Provider == session.Provider).ToDictionary(c => c.Page.PageId);
        proto.Candidates.AddRange(session.Candidates.Select(c =>
            c.ToProto(Candidates.GetEligibility(c, session, record, rules), c.Problem is CandidateProblem.InvalidId ? null : connections.GetValueOrDefault(c.PageId))));
        return proto;
    }

    // Without the candidates: in a page list they could be thousands.
    public static Proto.ConnectSession ToProto(this ConnectSession session) => new()
    {
        SessionId = session.Id,
        Provider = (Proto.Provider)session.Provider,
        Step = (Proto.ConnectSession.Types.Step)session.Step,
        Account = session.Account is { } a ? new() { AccountId = a.Id, Name = a.Name, Personal = a.IsPersonal } : null,
        Page = session.Page?.ToProto(),
        Deadline = session.Deadline.ToProto(),
        ReconnectPage = session.ReconnectPageId is { } id ? new PageRef(session.Provider, id).ToProto() : null,
    };

    private static Proto.Candidate ToProto(this Candidate candidate, Eligibility eligibility, Connection? current) => new()
    {
        PageId = candidate.PageId,
        Name = candidate.Name.Length > 0 ? candidate.Name : candidate.PageId,
        Role = (Proto.PageRole)candidate.Role,
        Tasks = { candidate.Tasks },
        Eligibility = (Proto.Candidate.Types.Eligibility)eligibility,
        Current = current?.ToProto(),
    };
}
