using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Rpc;

/// <summary>Implements ConnectService: maps requests to commands and records to responses.</summary>
internal sealed class ConnectRpc(MerchantCommandHandler merchants, MerchantQueries queries, IOptions<Rules> rules) : ConnectService.ConnectServiceBase
{
    public override async Task<BeginConnectResponse> BeginConnect(BeginConnectRequest request, ServerCallContext context)
    {
        var command = request.ToCommand();
        var decision = await merchants.HandleAsync(request.MerchantId, command, context.CancellationToken);
        var record = decision.RecordOrThrow();
        var sessionId = decision is Decision.Repeated { Request.SessionId: { } first } ? first : command.SessionId;
        return new() { Session = SessionOrThrow(record, sessionId), PageList = record.ToPageList(rules.Value) };
    }

    public override async Task<SubmitAccountResponse> SubmitAccount(SubmitAccountRequest request, ServerCallContext context)
    {
        var decision = await merchants.HandleAsync(request.MerchantId, request.ToCommand(), context.CancellationToken);
        var record = decision.RecordOrThrow();
        return new() { Session = Session(record, request.SessionId), PageList = record.ToPageList(rules.Value) };
    }

    public override async Task<ChoosePageResponse> ChoosePage(ChoosePageRequest request, ServerCallContext context)
    {
        var decision = await merchants.HandleAsync(request.MerchantId, request.ToCommand(), context.CancellationToken);
        var record = decision.RecordOrThrow();
        return new()
        {
            Session = Session(record, request.SessionId),
            Connection = Connection(record, request.SessionId),
            PageList = record.ToPageList(rules.Value),
        };
    }

    public override async Task<GrantResponse> Grant(GrantRequest request, ServerCallContext context)
    {
        var command = request.ToCommand();
        var decision = await merchants.HandleAsync(request.MerchantId, command, context.CancellationToken);
        var record = decision.RecordOrThrow();
        var grantId = decision is Decision.Unchanged ? record.FindSession(request.SessionId)?.GrantId ?? 0 : command.NewGrantId;
        return new()
        {
            GrantId = grantId.ToGrantId(),
            Session = Session(record, request.SessionId),
            Connection = Connection(record, request.SessionId),
            PageList = record.ToPageList(rules.Value),
        };
    }

    public override async Task<ReconnectResponse> Reconnect(ReconnectRequest request, ServerCallContext context)
    {
        var command = request.ToCommand();
        var decision = await merchants.HandleAsync(request.MerchantId, command, context.CancellationToken);
        var record = decision.RecordOrThrow();
        var connection = record.Find(new Core.PageRef(command.Provider, command.Candidate.PageId));
        return new()
        {
            GrantId = command.NewGrantId.ToGrantId(),
            Connection = connection?.ToProto(),
            PageList = record.ToPageList(rules.Value),
        };
    }

    public override async Task<RefuseResponse> Refuse(RefuseRequest request, ServerCallContext context)
    {
        var decision = await merchants.HandleAsync(request.MerchantId, request.ToCommand(), context.CancellationToken);
        var record = decision.RecordOrThrow();
        return new()
        {
            Session = Session(record, request.SessionId),
            Connection = Connection(record, request.SessionId),
            PageList = record.ToPageList(rules.Value),
        };
    }

    public override async Task<GetConnectSessionResponse> GetConnectSession(
        GetConnectSessionRequest request, ServerCallContext context)
    {
        var record = await queries.GetAsync(request.MerchantId, MerchantParts.Candidates, context.CancellationToken);
        return new() { Session = SessionOrThrow(record, request.SessionId) };
    }

    // The session may no longer be kept when a repeat is answered; the response is then without it.
    private V1.ConnectSession? Session(MerchantRecord record, string sessionId) =>
        record.FindSession(sessionId)?.ToProto(record, rules.Value);

    private V1.ConnectSession SessionOrThrow(MerchantRecord record, string sessionId) =>
        Session(record, sessionId) ?? throw RpcErrors.ToException(new Fault.SessionNotFound(sessionId));

    private static V1.Connection? Connection(MerchantRecord record, string sessionId) =>
        record.FindSession(sessionId)?.Page is { } page ? record.Find(page)?.ToProto() : null;
}
