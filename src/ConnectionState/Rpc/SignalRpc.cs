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
        var outcomes = await DispatchAsync(request.ToReport(), context.CancellationToken);
        return new() { Outcomes = { outcomes } };
    }

    public override async Task<ReportSignalsResponse> ReportSignals(ReportSignalsRequest request, ServerCallContext context)
    {
        var results = await signals.DispatchAsync(
            [.. request.Reports.Select(report => report.ToReport(request.Actor))], context.CancellationToken);
        return new() { Reports = { results.Select(ToProto) } };
    }

    public override async Task<ReportProviderErrorResponse> ReportProviderError(
        ReportProviderErrorRequest request, ServerCallContext context)
    {
        var page = request.Page.ToCore();
        var rule = ProviderErrors.Find(
            page.Provider,
            request.Code,
            request.HasSubcode ? request.Subcode : null,
            (Core.ProviderObject)request.Object,
            request.Message,
            rules.Value);
        if (rule is not { Signal: { } signal, Strength: not Core.SignalStrength.None })
        {
            return new() { Strength = V1.SignalStrength.None, Meaning = rule?.Meaning ?? "unknown error" };
        }

        var report = new AddressedReport(request.HasMerchantId ? request.MerchantId : null, request.ToCommand(rule, signal));
        var outcomes = await DispatchAsync(report, context.CancellationToken);
        return new()
        {
            Signal = (V1.Signal)signal,
            Strength = (V1.SignalStrength)rule.Strength,
            Outcomes = { outcomes },
            Meaning = rule.Meaning,
        };
    }

    public override async Task<ReportSuccessResponse> ReportSuccess(ReportSuccessRequest request, ServerCallContext context)
    {
        var outcomes = await FanOut.RunAsync(
            request.Successes,
            (success, token) => signals.DispatchAsync(success.MerchantId, success.ToCommand(request.Actor), token),
            context.CancellationToken);
        return new() { Outcomes = { outcomes.Select(ToProto) } };
    }

    public override async Task<RenewGrantResponse> RenewGrant(RenewGrantRequest request, ServerCallContext context)
    {
        var command = request.ToCommand();
        var decision = await merchants.HandleAsync(request.MerchantId, command, context.CancellationToken);
        var isStale = decision is Decision.Unchanged { Reason: UnchangedReason.Stale };
        return new()
        {
            Connection = decision.RecordOrThrow().Find(request.Page.ToCore())?.ToProto(),
            GrantId = isStale ? "" : command.NewGrantId.ToGrantId(),
            Result = isStale ? V1.SignalOutcome.Types.Result.Stale : V1.SignalOutcome.Types.Result.Applied,
        };
    }

    private async Task<IEnumerable<V1.SignalOutcome>> DispatchAsync(AddressedReport report, CancellationToken cancellationToken)
    {
        if (report.MerchantId is not { } merchantId)
        {
            return (await signals.DispatchToAllAsync(report.Command, cancellationToken)).Select(ToProto);
        }

        var (outcomes, fault) = await signals.DispatchAsync(merchantId, report.Command, cancellationToken);
        return fault is null ? outcomes.Select(ToProto) : throw RpcErrors.ToException(fault);
    }

    private static ReportSignalsResponse.Types.Report ToProto(ReportResult result) => new()
    {
        Outcomes = { result.Outcomes.Select(ToProto) },
        Reason = result switch
        {
            { Fault: { } fault } => RpcErrors.ReasonOf(fault),
            { Exception: Store.StoreUnavailableException } => ErrorReason.StoreUnavailable,
            { Exception: Store.RecordUnreadableException } => ErrorReason.RecordUnreadable,
            _ => ErrorReason.Unspecified,
        },
    };

    private static V1.SignalOutcome ToProto(Merchants.SignalOutcome outcome) => new()
    {
        MerchantId = outcome.MerchantId,
        Result = (V1.SignalOutcome.Types.Result)outcome.Result,
        Connection = outcome.Connection?.ToProto(),
        Reason = (outcome.Result, outcome.Failure) switch
        {
            (SignalResult.Failed, { } fault) => RpcErrors.ReasonOf(fault),
            (SignalResult.Failed, null) => ErrorReason.RecordUnreadable,
            _ => ErrorReason.Unspecified,
        },
    };
}
