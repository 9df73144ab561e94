using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Timers;

/// <summary>
/// Carries out what is due by the store's clock: expiries, warnings, session ends, and claims that a crash left unsettled. Running
/// it twice, or on several replicas at once, does no harm: a tick that finds nothing due changes nothing.
/// </summary>
internal sealed partial class DeadlineProcessor(
    IConnectionStore store,
    MerchantCommandHandler merchants,
    ClaimSettlement claims,
    Instruments instruments,
    IOptions<Rules> rules,
    IOptions<TimerOptions> options,
    ILogger<DeadlineProcessor> logger)
{
    private static readonly Origin Origin = new("connectionstate:timer");

    /// <summary>Handles all that is due now.</summary>
    public async Task ProcessDueAsync(CancellationToken cancellationToken)
    {
        while (await SweepBatchAsync(cancellationToken))
        {
        }

        var before = await store.GetTimeAsync(cancellationToken) - options.Value.ClaimAge;
        foreach (var claim in await store.FindClaimsAsync(before, options.Value.BatchSize, cancellationToken))
        {
            await TrySettleAsync(claim, cancellationToken);
        }
    }

    // What nobody foresaw about one claim must not keep the timer from the others.
    private async Task TrySettleAsync(Claim claim, CancellationToken cancellationToken)
    {
        try
        {
            await claims.TrySettleAsync(claim, merchants, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            instruments.SweepFailures.Add(1);
            Log.ClaimFailed(logger, claim.MerchantId, claim.Page, e);
        }
    }

    // Whether to ask for more: there was something, and none of it will come up again at once.
    private async Task<bool> SweepBatchAsync(CancellationToken cancellationToken)
    {
        var due = await store.FindDueAsync(options.Value.BatchSize, cancellationToken);
        var left = 0;
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = options.Value.Parallelism, CancellationToken = cancellationToken },
            async (merchant, token) =>
            {
                if (!await TryHandleAsync(merchant, token))
                {
                    Interlocked.Increment(ref left);
                }
            });
        return due.Length > 0 && left == 0;
    }

    private async Task<bool> TryHandleAsync(DueMerchant due, CancellationToken cancellationToken)
    {
        try
        {
            return await HandleAsync(due, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            instruments.SweepFailures.Add(1);
            instruments.UnreadableRecords.Add(e is RecordUnreadableException ? 1 : 0);

            // An outage passes; a merchant that cannot be handled stays so.
            var retryAfter = e is StoreUnavailableException ? options.Value.Interval : options.Value.RetryAfter;
            Log.Failed(logger, due.MerchantId, retryAfter, e);
            return await TryPostponeAsync(due, retryAfter, cancellationToken);
        }
    }

    // Whether the merchant will not come up again at once.
    private async Task<bool> HandleAsync(DueMerchant due, CancellationToken cancellationToken)
    {
        var decision = await merchants.HandleAsync(due.MerchantId, new Command.Tick(Origin), cancellationToken);
        instruments.SweptMerchants.Add(1);
        if (decision is not Decision.Unchanged { Record: var record })
        {
            return true;
        }

        // The index was wrong: it was written under other rules. What is written now is right under these. Or clocks differ.
        var next = DeadlineRules.NextDeadline(record, rules.Value);
        await store.RescheduleAsync(due, next, cancellationToken);
        return next is null || next > due.Deadline;
    }

    private async Task<bool> TryPostponeAsync(DueMerchant due, TimeSpan retryAfter, CancellationToken cancellationToken)
    {
        try
        {
            var now = await store.GetTimeAsync(cancellationToken);
            await store.RescheduleAsync(due, now + retryAfter, cancellationToken);
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The timer failed on merchant {MerchantId}; it is tried again in {RetryAfter}.")]
        public static partial void Failed(ILogger logger, string merchantId, TimeSpan retryAfter, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "The timer failed on the claim of merchant {MerchantId} to {Page}.")]
        public static partial void ClaimFailed(ILogger logger, string merchantId, PageRef page, Exception exception);
    }
}
