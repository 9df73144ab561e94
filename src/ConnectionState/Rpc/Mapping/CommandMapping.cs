using System.Buffers.Binary;
using System.Security.Cryptography;
using ConnectionStateService.Core;
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
        new Account(request.Account.AccountId, request.Account.Name, request.Account.Personal),
        [.. request.Candidates.Select(c => new Candidate(c.PageId, c.Name, (PageRole)c.Role, [.. c.Tasks]))]);

    public static Command.ChoosePage ToCommand(this Proto.ChoosePageRequest request) =>
        new(request.Origin(request.Actor, request.RequestId), request.SessionId, request.PageId);

    public static Command.Grant ToCommand(this Proto.GrantRequest request) => new(
        request.Origin(request.Actor, request.RequestId), request.SessionId, request.MessagingConsent, request.ExpiresAt.ToCore());

    public static Command.Refuse ToCommand(this Proto.RefuseRequest request) =>
        new(request.Origin(request.Actor, request.RequestId), request.SessionId);

    public static Command.Acknowledge ToCommand(this Proto.AcknowledgeRequest request) =>
        new(request.Origin(request.Actor, request.RequestId), request.Page.ToCore());

    public static Command.Disconnect ToCommand(this Proto.DisconnectRequest request) =>
        new(request.Origin(request.Actor, request.RequestId), request.Page.ToCore());

    public static Command.Renew ToCommand(this Proto.RenewGrantRequest request) =>
        new(request.Origin(request.Actor, request.RequestId), request.Page.ToCore(), request.ExpiresAt.ToCore());

    public static Command.SetPlan ToCommand(this Proto.SetPlanRequest request) =>
        new(request.Origin(request.Actor, request.RequestId), (Plan)request.Plan, request.BoughtPages);

    public static Command.Report ToCommand(this Proto.ReportSignalRequest request) => new(
        request.Origin(request.Actor, request.RequestId),
        request.Page.ToCore(),
        (Signal)request.Signal,
        request.ObservedAt.ToDateTimeOffset(),
        request.Evidence is { HasCode: true } ? request.Evidence.Code : null,
        request.Evidence is { HasSubcode: true } ? request.Evidence.Subcode : null);

    public static Command.Report ToCommand(this Proto.ReportProviderErrorRequest request, Signal signal) => new(
        request.Origin(request.Actor, request.RequestId),
        request.Page.ToCore(),
        signal,
        request.ObservedAt.ToDateTimeOffset(),
        request.Code,
        request.HasSubcode ? request.Subcode : null);

    // The hash covers the request's type too, so that a request id cannot be reused for another method.
    private static Origin Origin(this IMessage request, string actor, string requestId)
    {
        if (requestId.Length == 0)
        {
            return new Origin(actor);
        }

        var hash = SHA256.HashData([.. request.Descriptor.FullName.Select(c => (byte)c), .. request.ToByteArray()]);
        return new Origin(actor, requestId, BinaryPrimitives.ReadUInt32LittleEndian(hash));
    }
}
