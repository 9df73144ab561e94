using ConnectionState.Core;
using ConnectionState.Rpc.Mapping;
using ConnectionState.Store;
using ConnectionState.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Quota = ConnectionState.Core.Quota;

namespace ConnectionState.Rpc;

/// <summary>PlanService: translates, decides nothing.</summary>
internal sealed class PlanRpc(Merchants merchants, IOptions<Rules> rules) : PlanService.PlanServiceBase
{
    public override async Task<SetPlanResponse> SetPlan(SetPlanRequest request, ServerCallContext context)
    {
        var decision = await merchants.HandleAsync(request.MerchantId, request.ToCommand(), context.CancellationToken);
        return new() { Quota = Quota.Of(decision.RecordOrThrow(), rules.Value).ToProto() };
    }
}
