using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Store;
using ConnectionStateService.V1;
using Grpc.Core;
using static ConnectionStateService.V1.SignalOutcome.Types;
using PageRef = ConnectionStateService.Core.PageRef;

namespace ConnectionStateService.Rpc;

/// <summary>Brings a signal to one merchant, or to all that have the page, and says what became of it.</summary>
internal sealed partial class SignalDispatch(
    IConnectionStore store, MerchantCommandHandler merchants, Instruments instruments, ILogger<SignalDispatch> logger)
{
    /// <summary>One merchant's outcome.</summary>
    /// <exception cref="RpcException">The merchant has no connection to the page, or the command was refused otherwise.</exception>
    public async Task<SignalOutcome> ToMerchantAsync(string merchantId, Command.Report report, CancellationToken cancellationToken)
    {
        var decision = await merchants.HandleAsync(merchantId, report, cancellationToken);
        return decision is Decision.Refused { Fault: not Fault.IllegalTransition and var fault }
            ? throw RpcErrors.ToException(fault)
            : await OutcomeAsync(merchantId, report.Page, decision, cancellationToken);
    }

    /// <summary>The outcome of every merchant that has the page, by merchant.</summary>
    public async Task<IReadOnlyList<SignalOutcome>> ToAllAsync(Command.Report report, CancellationToken cancellationToken)
    {
        var outcomes = new List<SignalOutcome>();
        foreach (var merchantId in await store.FindMerchantsAsync(report.Page, cancellationToken))
        {
            if (await ToOneOfManyAsync(merchantId, report, cancellationToken) is { } outcome)
            {
                outcomes.Add(outcome);
            }
        }

        return outcomes;
    }

    private async Task<SignalOutcome?> ToOneOfManyAsync(
        string merchantId, Command.Report report, CancellationToken cancellationToken)
    {
        try
        {
            var decision = await merchants.HandleAsync(merchantId, report, cancellationToken);
            return decision switch
            {
                Decision.Refused { Fault: Fault.ConnectionNotFound } => null,
                Decision.Refused { Fault: not Fault.IllegalTransition } => Failed(merchantId),
                _ => await OutcomeAsync(merchantId, report.Page, decision, cancellationToken),
            };
        }
        catch (RecordUnreadableException e)
        {
            instruments.UnreadableRecords.Add(1);
            Log.Unreadable(logger, report.Page, merchantId, e);
            return Failed(merchantId);
        }
    }

    private async Task<SignalOutcome> OutcomeAsync(
        string merchantId, PageRef page, Decision decision, CancellationToken cancellationToken)
    {
        var (result, record) = decision switch
        {
            Decision.Changed d => (Result.Applied, d.Record),
            Decision.Repeated d => (Result.Applied, d.Record),
            Decision.Unchanged { Reason: UnchangedReason.Stale } d => (Result.Stale, d.Record),
            Decision.Unchanged d => (Result.Unchanged, d.Record),
            _ => (Result.NotApplicable, await merchants.ReadAsync(merchantId, cancellationToken)),
        };
        return new SignalOutcome { MerchantId = merchantId, Result = result, Connection = record.Find(page)?.ToProto() };
    }

    private static SignalOutcome Failed(string merchantId) => new() { MerchantId = merchantId, Result = Result.Failed };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A signal about {Page} could not be brought to merchant {MerchantId}.")]
        public static partial void Unreadable(ILogger logger, PageRef page, string merchantId, Exception exception);
    }
}
