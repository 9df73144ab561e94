using System.Collections.Immutable;
using System.Diagnostics;
using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
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

/// <summary>The outcome of a signal for one connection of a merchant.</summary>
/// <param name="MerchantId">The merchant.</param>
/// <param name="Result">What the signal did.</param>
/// <param name="Connection">The connection afterwards, or null if it is unknown.</param>
/// <param name="Failure">Why the result is <see cref="SignalResult.Failed"/>; null if it is not, or if the record is unreadable.</param>
internal sealed record SignalOutcome(string MerchantId, SignalResult Result, Connection? Connection, Fault? Failure = null);

/// <summary>A report and the merchant that it is for.</summary>
/// <param name="MerchantId">The merchant, or null for every merchant that has the page, or uses the account.</param>
/// <param name="Command">A <see cref="Command.Report"/> or a <see cref="Command.ReportAccount"/>.</param>
internal sealed record AddressedReport(string? MerchantId, Command Command);

/// <summary>What became of one of several reports.</summary>
/// <param name="Outcomes">The outcomes; empty if the report failed.</param>
/// <param name="Fault">Why it was refused, or null.</param>
/// <param name="Exception">The outage or the unreadable record because of which it failed, or null.</param>
internal sealed record ReportResult(ImmutableArray<SignalOutcome> Outcomes, Fault? Fault = null, Exception? Exception = null);

/// <summary>
/// Applies a provider's signal to one merchant, or to every merchant that it is about. A report is a <see cref="Command.Report"/> or a
/// <see cref="Command.ReportAccount"/>.
/// </summary>
internal sealed partial class SignalDispatcher(
    MerchantCommandHandler handler, MerchantQueries queries, Instruments instruments, ILogger<SignalDispatcher> logger)
{
    /// <summary>Applies a report to one merchant.</summary>
    /// <returns>The outcomes, or the fault if the report is about no connection of the merchant or the command was refused.</returns>
    public async Task<(ImmutableArray<SignalOutcome> Outcomes, Fault? Fault)> DispatchAsync(
        string merchantId, Command report, CancellationToken cancellationToken)
    {
        var decision = await handler.HandleAsync(merchantId, report, cancellationToken);
        return decision is Decision.Refused { Fault: not Fault.IllegalTransition and var fault }
            ? ([], fault)
            : (await OutcomesAsync(merchantId, report, decision, cancellationToken), null);
    }

    /// <summary>Applies a report to every merchant that has the page, or uses the account.</summary>
    /// <returns>The outcomes, by merchant id.</returns>
    public async Task<ImmutableArray<SignalOutcome>> DispatchToAllAsync(Command report, CancellationToken cancellationToken)
    {
        var merchantIds = await FindMerchantsAsync(report, cancellationToken);
        var outcomes = await FanOut.RunAsync(merchantIds, (id, token) => TryDispatchAsync(id, report, token), cancellationToken);
        return [.. outcomes.SelectMany(ofMerchant => ofMerchant)];
    }

    /// <summary>Applies several reports, each on its own. Not more run at the same time than of one report to all its merchants.</summary>
    /// <returns>The results, in the order of the reports.</returns>
    /// <exception cref="StoreUnavailableException">Because of that, every report failed.</exception>
    public async Task<ReportResult[]> DispatchAsync(IReadOnlyList<AddressedReport> reports, CancellationToken cancellationToken)
    {
        var addressed = await FanOut.RunAsync(reports, (report, token) => AddressAsync(report, token), cancellationToken);
        List<(int Report, string MerchantId)> commands =
            [.. addressed.Index().SelectMany(of => of.Item.MerchantIds.Select(merchantId => (of.Index, merchantId)))];
        var parts = await FanOut.RunAsync(
            commands, (command, token) => TryDispatchAsync(command.MerchantId, reports[command.Report], token), cancellationToken);
        var ofReport = commands.Zip(parts).ToLookup(part => part.First.Report, part => part.Second);
        ReportResult[] results = [.. addressed.Index().Select(of => of.Item.Failure ?? Join(ofReport[of.Index]))];
        return results.All(result => result.Exception is StoreUnavailableException) ? throw results[0].Exception! : results;
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
            Log.RecordUnreadable(logger, $"page {success.Page}", merchantId, e);
            return new SignalOutcome(merchantId, SignalResult.Failed, null);
        }
    }

    private ValueTask<ImmutableArray<string>> FindMerchantsAsync(Command report, CancellationToken cancellationToken) => report switch
    {
        Command.Report r => queries.FindMerchantsAsync(r.Page, cancellationToken),
        Command.ReportAccount r => queries.FindMerchantsAsync(r.Account, cancellationToken),
        _ => throw new UnreachableException(),
    };

    private async Task<(ImmutableArray<string> MerchantIds, ReportResult? Failure)> AddressAsync(
        AddressedReport report, CancellationToken cancellationToken)
    {
        try
        {
            return (report.MerchantId is { } merchantId ? [merchantId] : await FindMerchantsAsync(report.Command, cancellationToken), null);
        }
        catch (StoreUnavailableException e)
        {
            return ([], new ReportResult([], Exception: e));
        }
    }

    private async Task<ReportResult> TryDispatchAsync(string merchantId, AddressedReport report, CancellationToken cancellationToken)
    {
        try
        {
            if (report.MerchantId is null)
            {
                return new ReportResult(await TryDispatchAsync(merchantId, report.Command, cancellationToken));
            }

            var (outcomes, fault) = await DispatchAsync(merchantId, report.Command, cancellationToken);
            return new ReportResult(outcomes, fault);
        }
        catch (StoreUnavailableException e)
        {
            return new ReportResult([], Exception: e);
        }
        catch (RecordUnreadableException e)
        {
            instruments.UnreadableRecords.Add(1);
            Log.RecordUnreadable(logger, SubjectOf(report.Command), merchantId, e);
            return new ReportResult([], Exception: e);
        }
    }

    // Of one report to several merchants. One that did not reach all of them is to be repeated.
    private static ReportResult Join(IEnumerable<ReportResult> parts) =>
        parts.FirstOrDefault(part => part.Exception is not null || part.Fault is not null)
        ?? new ReportResult([.. parts.SelectMany(part => part.Outcomes)]);

    // One merchant must not keep the others from the signal. Empty if the report is about no connection of the merchant.
    private async Task<ImmutableArray<SignalOutcome>> TryDispatchAsync(string merchantId, Command report, CancellationToken cancellationToken)
    {
        try
        {
            return await DispatchAsync(merchantId, report, cancellationToken) switch
            {
                (_, Fault.ConnectionNotFound or Fault.AccountNotConnected) => [],
                (_, { } fault) => [new SignalOutcome(merchantId, SignalResult.Failed, null, fault)],
                (var outcomes, null) => outcomes,
            };
        }
        catch (RecordUnreadableException e)
        {
            instruments.UnreadableRecords.Add(1);
            Log.RecordUnreadable(logger, SubjectOf(report), merchantId, e);
            return [new SignalOutcome(merchantId, SignalResult.Failed, null)];
        }
    }

    private static string SubjectOf(Command report) => report switch
    {
        Command.Report r => $"page {r.Page}",
        Command.ReportAccount r => $"account {r.Account}",
        _ => throw new UnreachableException(),
    };

    private async Task<ImmutableArray<SignalOutcome>> OutcomesAsync(
        string merchantId, Command report, Decision decision, CancellationToken cancellationToken) =>
        report switch
        {
            Command.Report r => [await OutcomeAsync(merchantId, r.Page, decision, cancellationToken)],
            Command.ReportAccount r => await OutcomesAsync(merchantId, r, decision, cancellationToken),
            _ => throw new UnreachableException(),
        };

    // The commit has what was applied; the history still has it when the request is repeated.
    private async Task<ImmutableArray<SignalOutcome>> OutcomesAsync(
        string merchantId, Command.ReportAccount report, Decision decision, CancellationToken cancellationToken)
    {
        var (record, changes) = decision switch
        {
            Decision.Changed d => (d.Record, d.Changes),
            Decision.Repeated d => (d.Record, (await queries.FindCommitAsync(merchantId, d.Request.Revision, cancellationToken))?.Changes ?? []),
            Decision.Unchanged d => (d.Record, []),
            _ => throw new UnreachableException(),
        };
        var applied = changes.OfType<Change.Transition>().Select(change => change.Page).ToHashSet();
        return
        [
            .. record.Connections.Where(c => applied.Contains(c.Page) || (c.IsListed && c.Account == report.Account))
                .Select(c => new SignalOutcome(merchantId, applied.Contains(c.Page) ? SignalResult.Applied : ResultOf(report, c), c)),
        ];
    }

    // Of a connection that the report has not changed.
    private static SignalResult ResultOf(Command.ReportAccount report, Connection connection)
    {
        var (trigger, _) = Signals.ToTrigger(report.Signal);
        return SignalRules.IsOutdated(connection, null, report.ObservedAt) ? SignalResult.Stale
            : ConnectionMachine.Fire(connection.State, connection.IsListed, trigger).Outcome is TriggerOutcome.NotPermitted ? SignalResult.NotApplicable
            : SignalResult.Unchanged;
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
        [LoggerMessage(3011, LogLevel.Error, "Could not apply a signal about {Subject} to merchant {MerchantId}: its record is unreadable.")]
        public static partial void RecordUnreadable(ILogger logger, string subject, string merchantId, Exception exception);
    }
}
