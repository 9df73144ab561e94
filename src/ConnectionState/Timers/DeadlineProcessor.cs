using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Timers;

/// <summary>
/// Processes the merchants that are due by the store's clock: expiries, expiry warnings and session timeouts. Processing is idempotent
/// and safe to run on several replicas at once.
/// </summary>
internal sealed partial class DeadlineProcessor(
    IDeadlineQueue deadlines,
    IStoreClock clock,
    MerchantCommandHandler handler,
    Instruments instruments,
    TraceSampling sampling,
    IOptions<Rules> rules,
    IOptions<TimerOptions> options,
    ILogger<DeadlineProcessor> logger)
{
    private static readonly Origin Origin = new("connectionstate:timer");

    /// <summary>Processes all merchants that are due now.</summary>
    /// <returns>False if a merchant could be neither processed nor postponed.</returns>
    /// <exception cref="StoreUnavailableException">The store could not list the due merchants.</exception>
    public async Task<bool> ProcessDueAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var due = await deadlines.FindDueAsync(options.Value.BatchSize, cancellationToken);
            if (due.Length == 0)
            {
                return true;
            }

            if (!await TryProcessAllAsync(due, cancellationToken))
            {
                // The next batch would have the same merchants.
                return false;
            }
        }
    }

    private async Task<bool> TryProcessAllAsync(ImmutableArray<DueMerchant> batch, CancellationToken cancellationToken)
    {
        var stillDue = 0;
        await Parallel.ForEachAsync(
            batch,
            new ParallelOptions { MaxDegreeOfParallelism = options.Value.Parallelism, CancellationToken = cancellationToken },
            async (merchant, token) =>
            {
                if (!await TryProcessAsync(merchant, token))
                {
                    Interlocked.Increment(ref stillDue);
                }
            });
        return stillDue == 0;
    }

    // True if the merchant is no longer due.
    private async Task<bool> TryProcessAsync(DueMerchant due, CancellationToken cancellationToken)
    {
        try
        {
            return await ProcessAsync(due, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            instruments.TimerFailures.Add(1);
            instruments.UnreadableRecords.Add(e is RecordUnreadableException ? 1 : 0);

            // An outage is over soon. Any other failure will most likely happen again.
            var retryAfter = e is StoreUnavailableException ? options.Value.Interval : options.Value.RetryAfter;
            Log.ProcessingFailed(logger, due.MerchantId, retryAfter, e);
            return await TryPostponeAsync(due, retryAfter, cancellationToken);
        }
    }

    private async Task<bool> ProcessAsync(DueMerchant due, CancellationToken cancellationToken)
    {
        using var span = Tracing.StartDeadline(due.MerchantId, sampling);
        var decision = await handler.HandleAsync(due.MerchantId, new Command.Tick(Origin), cancellationToken);
        if (decision is Decision.Refused)
        {
            // Too many other commands of the merchant. Asking again at once would not help.
            return await TryPostponeAsync(due, options.Value.Interval, cancellationToken);
        }

        instruments.RecordTimer(clock.EstimateAge(due.Deadline));
        if (decision is not Decision.Unchanged { Record: var record })
        {
            return true;
        }

        // The deadline is wrong: other rules were configured when it was stored. Or the clocks of two processes differ slightly.
        var next = DeadlineRules.NextDeadline(record, rules.Value);
        await deadlines.RescheduleAsync(due, next, cancellationToken);
        return next is null || next > due.Deadline;
    }

    private async Task<bool> TryPostponeAsync(DueMerchant due, TimeSpan retryAfter, CancellationToken cancellationToken)
    {
        try
        {
            var now = await clock.GetTimeAsync(cancellationToken);
            await deadlines.RescheduleAsync(due, now + retryAfter, cancellationToken);
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5011, LogLevel.Error, "Could not process the deadline of merchant {MerchantId}. Retrying in {RetryAfter}.")]
        public static partial void ProcessingFailed(ILogger logger, string merchantId, TimeSpan retryAfter, Exception exception);
    }
}
