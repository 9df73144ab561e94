using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Rpc;

/// <summary>Implements SignalService: maps requests to commands and records to responses.</summary>
internal sealed class SignalRpc(MerchantCommandHandler merchants, SignalDispatcher signals, IOptions<Rules> rules) : SignalService.SignalServiceBase
{
    public override async Task<ReportSignalResponse> ReportSignal(ReportSignalRequest request, ServerCallContext context)
    {
        var outcomes = await DispatchAsync(
            request.HasMerchantId ? request.MerchantId : null, request.ToCommand(), context.CancellationToken);
        return new() { Outcomes = { outcomes } };
    }

    public override async Task<ReportProviderErrorResponse> ReportProviderError(
        ReportProviderErrorRequest request, ServerCallContext context)
    {
        var page = request.Page.ToCore();
        var rule = ProviderErrors.Find(
            page.Provider, request.Code, request.HasSubcode ? request.Subcode : null, request.Message, rules.Value);
        if (rule?.Signal is not { } signal)
        {
            return new() { Meaning = rule?.Meaning ?? "unknown error" };
        }

        var outcomes = await DispatchAsync(
            request.HasMerchantId ? request.MerchantId : null, request.ToCommand(signal), context.CancellationToken);
        return new() { Signal = (V1.Signal)signal, Outcomes = { outcomes }, Meaning = rule.Meaning };
    }

    public override async Task<RenewGrantResponse> RenewGrant(RenewGrantRequest request, ServerCallContext context)
    {
        var decision = await merchants.HandleAsync(request.MerchantId, request.ToCommand(), context.CancellationToken);
        return new() { Connection = decision.RecordOrThrow().ConnectionOrThrow(request.Page.ToCore()).ToProto() };
    }

    private async Task<IEnumerable<V1.SignalOutcome>> DispatchAsync(
        string? merchantId, Command.Report report, CancellationToken cancellationToken)
    {
        if (merchantId is null)
        {
            return (await signals.DispatchToAllAsync(report, cancellationToken)).Select(ToProto);
        }

        var (outcome, fault) = await signals.DispatchAsync(merchantId, report, cancellationToken);
        return fault is null ? [ToProto(outcome!)] : throw RpcErrors.ToException(fault);
    }

    private static V1.SignalOutcome ToProto(Merchants.SignalOutcome outcome) => new()
    {
        MerchantId = outcome.MerchantId,
        Result = (V1.SignalOutcome.Types.Result)outcome.Result,
        Connection = outcome.Connection?.ToProto(),
    };
}
