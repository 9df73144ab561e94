using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Rpc;

/// <summary>Implements PageService: maps requests to commands and records to responses.</summary>
internal sealed class PageRpc(MerchantCommandHandler merchants, MerchantQueries queries, IOptions<Rules> rules)
    : PageService.PageServiceBase
{
    public override async Task<GetPageListResponse> GetPageList(GetPageListRequest request, ServerCallContext context)
    {
        var merchant = await queries.ReadAsync(request.MerchantId, context.CancellationToken);
        return new() { PageList = merchant.Record.ToPageList(rules.Value), CommitId = merchant.CommitId.ToCommitId() };
    }

    // Called by gRPC in place of the method above: see RpcMethodProvider.
    public async Task<Encoded<GetPageListResponse>> GetPageListEncoded(GetPageListRequest request, ServerCallContext context)
    {
        var merchant = await queries.ReadAsync(request.MerchantId, context.CancellationToken);
        return merchant.ToPageListResponse(rules.Value);
    }

    public override async Task<GetConnectionResponse> GetConnection(GetConnectionRequest request, ServerCallContext context)
    {
        var record = await queries.GetAsync(request.MerchantId, context.CancellationToken);
        return new() { Connection = record.ConnectionOrThrow(request.Page.ToCore()).ToProto() };
    }

    public override async Task<FindConnectionsResponse> FindConnections(FindConnectionsRequest request, ServerCallContext context)
    {
        var found = await queries.FindConnectionsAsync(request.Page.ToCore(), context.CancellationToken);
        return new()
        {
            Connections =
            {
                found.Connections.Select(page => new FindConnectionsResponse.Types.Held
                {
                    MerchantId = page.MerchantId,
                    Connection = page.Connection.ToProto(),
                }),
            },
            Unreadable = found.Unreadable,
        };
    }

    public override async Task<AcknowledgeResponse> Acknowledge(AcknowledgeRequest request, ServerCallContext context)
    {
        var decision = await merchants.HandleAsync(request.MerchantId, request.ToCommand(), context.CancellationToken);
        var record = decision.RecordOrThrow();
        var connection = record.ConnectionOrThrow(request.Page.ToCore());
        return new()
        {
            Connection = connection.ToProto(),
            Navigation = Core.PageList.NextAfter(record, connection).ToProto(),
            PageList = record.ToPageList(rules.Value),
        };
    }

    public override async Task<DisconnectResponse> Disconnect(DisconnectRequest request, ServerCallContext context)
    {
        var decision = await merchants.HandleAsync(request.MerchantId, request.ToCommand(), context.CancellationToken);
        var record = decision.RecordOrThrow();
        var connection = record.ConnectionOrThrow(request.Page.ToCore());
        return new()
        {
            Connection = connection.ToProto(),
            Navigation = Core.PageList.NextAfter(record, connection).ToProto(),
            PageList = record.ToPageList(rules.Value),
        };
    }

    public override async Task<ListChangesResponse> ListChanges(ListChangesRequest request, ServerCallContext context)
    {
        var after = new HistoryPosition(request.HasAfterRevision ? request.AfterRevision : 0, 0);
        if (request.HasResumeToken && ResumeToken.Decode(request.ResumeToken, request.MerchantId, out after) is { } problem)
        {
            throw RpcErrors.ToException(new WatchFault.ResumeTokenInvalid(problem));
        }

        var found = await queries.ListChangesAsync(
            request.MerchantId, request.Page?.ToCore(), after, request.Limit, context.CancellationToken);
        return new()
        {
            Changes = { found.Commits.SelectMany(commit => commit.ToProto()) },
            LastRevision = found.Position.Revision,
            More = found.More,
            Trimmed = found.Trimmed,
            ResumeToken = ResumeToken.Encode(request.MerchantId, found.Position),
            HistoryReplaced = found.IsReplaced,
        };
    }
}
