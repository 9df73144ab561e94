using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;

namespace ConnectionStateService.Merchants;

/// <summary>What a signal did to one merchant. The numbers are those of the API.</summary>
internal enum SignalResult
{
    /// <summary>The connection changed.</summary>
    Applied = 1,

    /// <summary>The connection already had that state.</summary>
    Unchanged = 2,

    /// <summary>The report is about another grant, or older than what is known.</summary>
    Stale = 3,

    /// <summary>The signal means nothing in the connection's state.</summary>
    NotApplicable = 4,

    /// <summary>The signal could not be applied.</summary>
    Failed = 5,
}

/// <summary>The outcome of a signal for one merchant.</summary>
/// <param name="MerchantId">The merchant.</param>
/// <param name="Result">What the signal did.</param>
/// <param name="Connection">The connection afterwards, or null if it is unknown.</param>
/// <param name="Failure">Why the result is <see cref="SignalResult.Failed"/>; null if it is not, or if the record is unreadable.</param>
internal sealed record SignalOutcome(string MerchantId, SignalResult Result, Connection? Connection, Fault? Failure = null);

/// <summary>Applies a provider's signal to one merchant, or to every merchant that has the page.</summary>
internal sealed partial class SignalDispatcher(
    MerchantCommandHandler handler, MerchantQueries queries, Instruments instruments, ILogger<SignalDispatcher> logger)
{
    /// <summary>Applies a signal to one merchant.</summary>
    /// <returns>The outcome, or the fault if the merchant has no connection to the page or the command was refused.</returns>
    public async Task<(SignalOutcome? Outcome, Fault? Fault)> DispatchAsync(
        string merchantId, Command.Report report, CancellationToken cancellationToken)
    {
        var decision = await handler.HandleAsync(merchantId, report, cancellationToken);
        return decision is Decision.Refused { Fault: not Fault.IllegalTransition and var fault }
            ? (null, fault)
            : (await OutcomeAsync(merchantId, report.Page, decision, cancellationToken), null);
    }

    /// <summary>Applies a signal to every merchant that has the page.</summary>
    /// <returns>The outcomes, by merchant id.</returns>
    public async Task<IReadOnlyList<SignalOutcome>> DispatchToAllAsync(Command.Report report, CancellationToken cancellationToken)
    {
        var merchantIds = await queries.FindMerchantsAsync(report.Page, cancellationToken);
        var outcomes = await FanOut.RunAsync(merchantIds, (id, token) => TryDispatchAsync(id, report, token), cancellationToken);
        return [.. outcomes.OfType<SignalOutcome>()];
    }

    /// <summary>Applies a success to its merchant. Never fails because of that merchant alone.</summary>
    public async Task<SignalOutcome> DispatchAsync(string merchantId, Command.ReportSuccess success, CancellationToken cancellationToken)
    {
        try
        {
            return await handler.HandleAsync(merchantId, success, cancellationToken) switch
            {
                Decision.Refused { Fault: not Fault.IllegalTransition and var fault } =>
                    new SignalOutcome(merchantId, SignalResult.Failed, null, fault),
                var decision => await OutcomeAsync(merchantId, success.Page, decision, cancellationToken),
            };
        }
        catch (RecordUnreadableException e)
        {
            instruments.UnreadableRecords.Add(1);
            Log.RecordUnreadable(logger, success.Page, merchantId, e);
            return new SignalOutcome(merchantId, SignalResult.Failed, null);
        }
    }

    // One merchant must not keep the others from the signal. Null if the merchant has no connection to the page.
    private async Task<SignalOutcome?> TryDispatchAsync(
        string merchantId, Command.Report report, CancellationToken cancellationToken)
    {
        try
        {
            return await DispatchAsync(merchantId, report, cancellationToken) switch
            {
                (_, Fault.ConnectionNotFound) => null,
                (_, { } fault) => new SignalOutcome(merchantId, SignalResult.Failed, null, fault),
                (var outcome, null) => outcome,
            };
        }
        catch (RecordUnreadableException e)
        {
            instruments.UnreadableRecords.Add(1);
            Log.RecordUnreadable(logger, report.Page, merchantId, e);
            return new SignalOutcome(merchantId, SignalResult.Failed, null);
        }
    }

    private async Task<SignalOutcome> OutcomeAsync(
        string merchantId, PageRef page, Decision decision, CancellationToken cancellationToken)
    {
        var (result, record) = decision switch
        {
            Decision.Changed d => (SignalResult.Applied, d.Record),
            Decision.Repeated d => (SignalResult.Applied, d.Record),
            Decision.Unchanged { Reason: UnchangedReason.Stale } d => (SignalResult.Stale, d.Record),
            Decision.Unchanged d => (SignalResult.Unchanged, d.Record),
            _ => (SignalResult.NotApplicable, await queries.GetAsync(merchantId, cancellationToken)),
        };
        return new SignalOutcome(merchantId, result, record.Find(page));
    }

    private static partial class Log
    {
        [LoggerMessage(3011, LogLevel.Error, "Could not apply a signal about {Page} to merchant {MerchantId}: its record is unreadable.")]
        public static partial void RecordUnreadable(ILogger logger, PageRef page, string merchantId, Exception exception);
    }
}
