using System.Diagnostics;
using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.V1;
using Google.Protobuf;
using static ConnectionStateService.V1.SignalOutcome.Types;
using PageList = ConnectionStateService.Core.PageList;
using Quota = ConnectionStateService.Core.Quota;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>Checks whether a reply can have been made from a merchant's record.</summary>
internal static class ExpectedReply
{
    public static bool Fits(Operation operation, IMessage reply, MerchantRecord record, Rules rules) =>
        FitsKind(operation, reply, record, rules) && (ApiCalls.ListIn(reply) is not { } list || list.Equals(record.ToPageList(rules)));

    private static bool FitsKind(Operation operation, IMessage reply, MerchantRecord record, Rules rules) => reply switch
    {
        RenewGrantResponse r => SameConnection(r.Connection, record),
        ReconnectResponse r => SameConnection(r.Connection, record),
        AcknowledgeResponse r => SameConnection(r.Connection, record) && r.Navigation.Equals(Navigation(r.Connection, record)),
        DisconnectResponse r => SameConnection(r.Connection, record) && r.Navigation.Equals(Navigation(r.Connection, record)),
        SetPlanResponse r => r.Quota.Equals(Quota.Of(record, rules).ToProto()),
        ReportSignalResponse r when ApiCalls.IsAboutAccount(operation.Request) => FitsAccount(operation, r, record),
        _ when ApiCalls.OutcomeIn(reply) is { } r => r.MerchantId == operation.MerchantId
            && Equals(r.Connection, record.Find(ApiCalls.ReportedPage(operation.Request)!.ToCore())?.ToProto()),
        _ => SameSession(operation, ApiCalls.SessionIn(reply), record, rules) && SameChosen(reply, record),
    };

    /// <summary>The signal result of a decision, or null if the request is refused instead.</summary>
    public static Result? ResultOf(Decision decision) => decision switch
    {
        Decision.Changed or Decision.Repeated => Result.Applied,
        Decision.Unchanged { Reason: UnchangedReason.Stale } => Result.Stale,
        Decision.Unchanged => Result.Unchanged,
        Decision.Refused { Fault: Fault.IllegalTransition } => Result.NotApplicable,
        Decision.Refused => null,
        _ => throw new UnreachableException(),
    };

    // A session is missing only if it is no longer kept.
    private static bool SameSession(Operation operation, V1.ConnectSession? session, MerchantRecord record, Rules rules) =>
        (session?.SessionId ?? ApiCalls.SessionOf(operation.Request)) is { } id
        && Equals(session, record.FindSession(id)?.ToProto(record, rules));

    // The connection beside a session is the one of its chosen page, as long as it is kept.
    private static bool SameChosen(IMessage reply, MerchantRecord record)
    {
        var connection = ApiCalls.ConnectionIn(reply);
        var page = reply is BeginConnectResponse or SubmitAccountResponse ? null : ApiCalls.SessionIn(reply)?.Page;
        return Equals(connection, page is null ? null : record.Find(page.ToCore())?.ToProto());
    }

    // A connection that the report has taken from the list is in the answer too.
    private static bool FitsAccount(Operation operation, ReportSignalResponse reply, MerchantRecord record)
    {
        var account = ((ReportSignalRequest)operation.Request).Account.ToCore();
        var answered = reply.Outcomes.Select(outcome => outcome.Connection.Page.ToCore()).ToList();
        return reply.Outcomes.All(outcome => outcome.MerchantId == operation.MerchantId && SameConnection(outcome.Connection, record))
            && answered.Distinct().Count() == answered.Count
            && !record.Connections.Where(c => c.IsListed && c.Account == account).Select(c => c.Page).Except(answered).Any();
    }

    private static bool SameConnection(V1.Connection? connection, MerchantRecord record) =>
        connection is not null && connection.Equals(record.Find(connection.Page.ToCore())?.ToProto());

    private static V1.Navigation Navigation(V1.Connection connection, MerchantRecord record) =>
        PageList.NextAfter(record, record.Find(connection.Page.ToCore())!).ToProto();
}
