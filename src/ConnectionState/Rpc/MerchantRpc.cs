using ConnectionStateService.Merchants;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>Implements MerchantService.</summary>
internal sealed class MerchantRpc(MerchantErasure erasure) : MerchantService.MerchantServiceBase
{
    public override async Task<EraseMerchantResponse> EraseMerchant(EraseMerchantRequest request, ServerCallContext context)
    {
        var fault = await erasure.EraseAsync(request.MerchantId, request.ToCommand(), context.CancellationToken);
        return fault is null ? new() : throw RpcErrors.ToException(fault);
    }
}
