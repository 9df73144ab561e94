using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Quota = ConnectionStateService.Core.Quota;

namespace ConnectionStateService.Rpc;

/// <summary>Implements PlanService: maps requests to commands and records to responses.</summary>
internal sealed class PlanRpc(MerchantCommandHandler merchants, IOptions<Rules> rules) : PlanService.PlanServiceBase
{
    public override async Task<SetPlanResponse> SetPlan(SetPlanRequest request, ServerCallContext context)
    {
        var decision = await merchants.HandleAsync(request.MerchantId, request.ToCommand(), context.CancellationToken);
        return new() { Quota = Quota.Of(decision.RecordOrThrow(), rules.Value).ToProto() };
    }
}
