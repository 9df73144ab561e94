using System.IO.Hashing;
using System.Runtime.InteropServices;
using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using Google.Protobuf;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>Maps requests to commands of the core. The requests have been validated.</summary>
internal static class CommandMapping
{
    public static Command.BeginConnect ToCommand(this Proto.BeginConnectRequest request) => new(
        request.Origin(request.Actor, request.RequestId),
        Guid.NewGuid().ToString("N"),
        (Provider)request.Provider,
        request.HasReconnectPageId ? request.ReconnectPageId : null);

    public static Command.SubmitAccount ToCommand(this Proto.SubmitAccountRequest request) => new(
        request.Origin(request.Actor, request.RequestId),
        request.SessionId,
        request.Account.ToCore(),
        request.Candidates.ToCore(),
        request.Complete);

    public static Command.ChoosePage ToCommand(this Proto.ChoosePageRequest request) =>
        new(request.Origin(request.Actor, request.RequestId), request.SessionId, request.PageId);

    public static Command.Grant ToCommand(this Proto.GrantRequest request) => new(
        request.Origin(request.Actor, request.RequestId),
        request.SessionId,
        NewGrantId(request.MerchantId, request.RequestId),
        request.MessagingConsent,
        request.ExpiresAt.ToCore());

    public static Command.Reconnect ToCommand(this Proto.ReconnectRequest request) => new(
        request.Origin(request.Actor, request.RequestId),
        new[] { request.Page }.ToCore()[0],
        (Provider)request.Provider,
        request.Account.ToCore(),
        NewGrantId(request.MerchantId, request.RequestId),
        request.MessagingConsent,
        request.ExpiresAt.ToCore());

    public static Command.Refuse ToCommand(this Proto.RefuseRequest request) =>
        new(request.Origin(request.Actor, request.RequestId), request.SessionId);

    public static Command.Acknowledge ToCommand(this Proto.AcknowledgeRequest request) =>
        new(request.Origin(request.Actor, request.RequestId), request.Page.ToCore());

    public static Command.Disconnect ToCommand(this Proto.DisconnectRequest request) =>
        new(request.Origin(request.Actor, request.RequestId), request.Page.ToCore());

    public static Command.Renew ToCommand(this Proto.RenewGrantRequest request) => new(
        request.Origin(request.Actor, request.RequestId),
        request.Page.ToCore(),
        request.GrantId.ParseGrantId(),
        NewGrantId(request.MerchantId, request.RequestId),
        request.IssuedAt.ToCore(),
        request.ExpiresAt.ToCore());

    public static Command.SetPlan ToCommand(this Proto.SetPlanRequest request) =>
        new(request.Origin(request.Actor, request.RequestId), (Plan)request.Plan, request.BoughtPages);

    public static Command.Erase ToCommand(this Proto.EraseMerchantRequest request) =>
        new(request.Origin(request.Actor, request.RequestId));

    public static Command ToCommand(this Proto.ReportSignalRequest request)
    {
        var account = new Command.ReportAccount(
            request.Origin(request.Actor, request.RequestId),
            request.Account?.ToCore() ?? default,
            (Signal)request.Signal,
            request.ObservedAt.ToDateTimeOffset(),
            request.Evidence is { HasCode: true } ? request.Evidence.Code : null,
            request.Evidence is { HasSubcode: true } ? request.Evidence.Subcode : null);
        return request.Page is { } page ? account.About(page.ToCore()) with { GrantId = request.GrantId.ParseGrantId() } : account;
    }

    // By the request that it stands for: the hash of a request id then is the same.
    public static AddressedReport ToReport(this Proto.SignalReport report, string actor)
    {
        var request = new Proto.ReportSignalRequest
        {
            Page = report.Page,
            Account = report.Account,
            Signal = report.Signal,
            ObservedAt = report.ObservedAt,
            Evidence = report.Evidence,
            RequestId = report.RequestId,
            Actor = actor,
        };
        if (report.HasMerchantId)
        {
            request.MerchantId = report.MerchantId;
        }

        if (report.HasGrantId)
        {
            request.GrantId = report.GrantId;
        }

        return request.ToReport();
    }

    public static AddressedReport ToReport(this Proto.ReportSignalRequest request) =>
        new(request.HasMerchantId ? request.MerchantId : null, request.ToCommand());

    public static Command.Report ToCommand(this Proto.ReportProviderErrorRequest request, ProviderErrorRule rule, Signal signal) => new(
        request.Origin(request.Actor, request.RequestId),
        request.Page.ToCore(),
        request.GrantId.ParseGrantId(),
        signal,
        rule.Strength,
        EvidenceSource.ProviderError,
        request.ObservedAt.ToDateTimeOffset(),
        request.Code,
        request.HasSubcode ? request.Subcode : null,
        rule.SoftBeforeExpiry);

    public static Command.ReportSuccess ToCommand(this Proto.ReportSuccessRequest.Types.Success success, string actor) => new(
        new Origin(actor), success.Page.ToCore(), success.GrantId.ParseGrantId(), success.ObservedAt.ToDateTimeOffset());

    private static Origin Origin<T>(this T request, string actor, string requestId) where T : class, IMessage<T>, new() =>
        requestId.Length == 0 ? new Origin(actor) : new Origin(actor, requestId, RequestHash.Of(request));

    // Derived from the request id, so that a repeat is answered with the grant that it made, whatever happened since then.
    private static ulong NewGrantId(string merchantId, string requestId) => requestId.Length == 0
        ? RandomIds.Next()
        : Math.Max(1, XxHash3.HashToUInt64(MemoryMarshal.AsBytes($"{merchantId} {requestId}".AsSpan())));
}
