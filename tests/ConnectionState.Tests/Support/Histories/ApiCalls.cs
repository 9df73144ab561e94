using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.V1;
using Google.Protobuf;
using PageList = ConnectionStateService.V1.PageList;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>The requests that change a merchant: how to send them, the commands they stand for, and what their answers contain.</summary>
internal static class ApiCalls
{
    public static string MerchantOf(IMessage request) =>
        request is ReportSuccessRequest { Successes: [var success] } ? success.MerchantId : Text(request, "merchant_id");

    /// <summary>What identifies the request in the history. ReportSuccess has no request id; its actor is unique instead.</summary>
    public static string RequestIdOf(IMessage request) => Text(request, request is ReportSuccessRequest ? "actor" : "request_id");

    public static async Task<IMessage> SendAsync(ConnectionStateClient client, IMessage request) => request switch
    {
        BeginConnectRequest r => await client.Connect.BeginConnectAsync(r),
        SubmitAccountRequest r => await client.Connect.SubmitAccountAsync(r),
        ChoosePageRequest r => await client.Connect.ChoosePageAsync(r),
        GrantRequest r => await client.Connect.GrantAsync(r),
        ReconnectRequest r => await client.Connect.ReconnectAsync(r),
        RefuseRequest r => await client.Connect.RefuseAsync(r),
        AcknowledgeRequest r => await client.Pages.AcknowledgeAsync(r),
        DisconnectRequest r => await client.Pages.DisconnectAsync(r),
        ReportSignalRequest r => await client.Signals.ReportSignalAsync(r),
        ReportProviderErrorRequest r => await client.Signals.ReportProviderErrorAsync(r),
        ReportSuccessRequest r => await client.Signals.ReportSuccessAsync(r),
        RenewGrantRequest r => await client.Signals.RenewGrantAsync(r),
        SetPlanRequest r => await client.Plans.SetPlanAsync(r),
        _ => throw new UnreachableException(),
    };

    /// <summary>The command of a request. The server chooses the id of a session that it begins.</summary>
    public static Command ToCommand(IMessage request, string begunSessionId) => request switch
    {
        BeginConnectRequest r => r.ToCommand() with { SessionId = begunSessionId },
        SubmitAccountRequest r => r.ToCommand(),
        ChoosePageRequest r => r.ToCommand(),
        GrantRequest r => r.ToCommand(),
        ReconnectRequest r => r.ToCommand(),
        RefuseRequest r => r.ToCommand(),
        AcknowledgeRequest r => r.ToCommand(),
        DisconnectRequest r => r.ToCommand(),
        ReportSignalRequest r => r.ToCommand(),
        ReportProviderErrorRequest r => ToCommand(r),
        ReportSuccessRequest { Successes: [var success] } r => success.ToCommand(r.Actor),
        RenewGrantRequest r => r.ToCommand(),
        SetPlanRequest r => r.ToCommand(),
        _ => throw new UnreachableException(),
    };

    /// <summary>The page list in an answer, or null.</summary>
    public static PageList? ListIn(IMessage reply) => reply switch
    {
        BeginConnectResponse r => r.PageList,
        SubmitAccountResponse r => r.PageList,
        ChoosePageResponse r => r.PageList,
        GrantResponse r => r.PageList,
        ReconnectResponse r => r.PageList,
        RefuseResponse r => r.PageList,
        AcknowledgeResponse r => r.PageList,
        DisconnectResponse r => r.PageList,
        _ => null,
    };

    /// <summary>A revision that had been committed when the answer was given, or 0 if the answer contains none.</summary>
    public static long RevisionIn(IMessage reply) => ListIn(reply)?.Revision ?? ConnectionIn(reply)?.Revision ?? 0;

    /// <summary>The connection in an answer, or null.</summary>
    public static V1.Connection? ConnectionIn(IMessage reply) => reply switch
    {
        ChoosePageResponse r => r.Connection,
        GrantResponse r => r.Connection,
        ReconnectResponse r => r.Connection,
        RefuseResponse r => r.Connection,
        AcknowledgeResponse r => r.Connection,
        DisconnectResponse r => r.Connection,
        RenewGrantResponse r => r.Connection,
        _ => OutcomeIn(reply)?.Connection,
    };

    /// <summary>The outcome of a report in an answer, or null.</summary>
    public static SignalOutcome? OutcomeIn(IMessage reply) => reply switch
    {
        ReportSignalResponse { Outcomes: [var outcome] } => outcome,
        ReportProviderErrorResponse { Outcomes: [var outcome] } => outcome,
        ReportSuccessResponse { Outcomes: [var outcome] } => outcome,
        _ => null,
    };

    /// <summary>Whether the request is a report about all connections of an account. Its answer may have several outcomes, or none.</summary>
    public static bool IsAboutAccount(IMessage request) => request is ReportSignalRequest { Account: not null };

    /// <summary>The page that a report is about, or null.</summary>
    public static V1.PageRef? ReportedPage(IMessage request) => request switch
    {
        ReportSignalRequest r => r.Page,
        ReportProviderErrorRequest r => r.Page,
        ReportSuccessRequest { Successes: [var success] } => success.Page,
        _ => null,
    };

    /// <summary>The session in an answer, or null.</summary>
    public static V1.ConnectSession? SessionIn(IMessage reply) => reply switch
    {
        BeginConnectResponse r => r.Session,
        SubmitAccountResponse r => r.Session,
        ChoosePageResponse r => r.Session,
        GrantResponse r => r.Session,
        RefuseResponse r => r.Session,
        _ => null,
    };

    /// <summary>The session id in a request, or null.</summary>
    public static string? SessionOf(IMessage request) =>
        request is SubmitAccountRequest or ChoosePageRequest or GrantRequest or RefuseRequest ? Text(request, "session_id") : null;

    // The workloads report errors that mean something.
    private static Command.Report ToCommand(ReportProviderErrorRequest request)
    {
        var rule = ProviderErrors.Find(
            request.Page.ToCore().Provider,
            request.Code,
            request.HasSubcode ? request.Subcode : null,
            (ConnectionStateService.Core.ProviderObject)request.Object,
            request.Message,
            new Rules())!;
        return request.ToCommand(rule, rule.Signal!.Value);
    }

    private static string Text(IMessage request, string field) =>
        (string)request.Descriptor.FindFieldByName(field).Accessor.GetValue(request);
}
