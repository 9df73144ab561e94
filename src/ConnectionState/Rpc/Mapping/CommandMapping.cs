using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using Google.Protobuf;
using Google.Protobuf.Collections;
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

    public static Command.Report ToCommand(this Proto.ReportSignalRequest request) => new(
        request.Origin(request.Actor, request.RequestId),
        request.Page.ToCore(),
        request.GrantId.ParseGrantId(),
        (Signal)request.Signal,
        SignalStrength.Hard,
        EvidenceSource.Signal,
        request.ObservedAt.ToDateTimeOffset(),
        request.Evidence is { HasCode: true } ? request.Evidence.Code : null,
        request.Evidence is { HasSubcode: true } ? request.Evidence.Subcode : null);

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

    // A request id identifies what a request asks for. The type counts too, so that an id cannot be reused for another method. The actor, and
    // what the server itself sets in candidates, do not.
    private static Origin Origin<T>(this T request, string actor, string requestId)
        where T : IMessage<T>
    {
        if (requestId.Length == 0)
        {
            return new Origin(actor);
        }

        var meaning = request.Clone();
        meaning.Descriptor.FindFieldByName("actor").Accessor.Clear(meaning);
        foreach (var candidate in CandidatesOf(meaning))
        {
            (candidate.Eligibility, candidate.Current) = (default, null);
        }

        var hash = SHA256.HashData([.. request.Descriptor.FullName.Select(c => (byte)c), .. meaning.ToByteArray()]);
        return new Origin(actor, requestId, BinaryPrimitives.ReadUInt32LittleEndian(hash));
    }

    private static RepeatedField<Proto.Candidate> CandidatesOf(IMessage request) => request switch
    {
        Proto.SubmitAccountRequest r => r.Candidates,
        Proto.ReconnectRequest { Page: { } page } => [page],
        _ => [],
    };

    // Derived from the request id, so that a repeat is answered with the grant that it made, whatever happened since then.
    private static ulong NewGrantId(string merchantId, string requestId) => requestId.Length == 0
        ? RandomIds.Next()
        : Math.Max(1, BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{merchantId} {requestId}"))));
}
