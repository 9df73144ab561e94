using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Timers;

/// <summary>Settles the claims that were left unsettled by an outage or a crash after the grant was committed.</summary>
internal sealed partial class PageClaimProcessor(
    IClaimQueue claims,
    IStoreClock clock,
    ClaimSettlement settlement,
    Instruments instruments,
    IOptions<TimerOptions> options,
    ILogger<PageClaimProcessor> logger)
{
    /// <summary>
    /// Settles a batch of the claims that are older than <see cref="TimerOptions.ClaimAge"/>, oldest first, and of those that were made
    /// before the clock was set back.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store could not list the claims.</exception>
    public async Task ProcessUnsettledAsync(CancellationToken cancellationToken)
    {
        var now = await clock.GetTimeAsync(cancellationToken);
        foreach (var claim in await claims.FindClaimsAsync(DateTimeOffset.MaxValue, options.Value.BatchSize, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!IsYoung(claim, now))
            {
                await TrySettleAsync(claim, cancellationToken);
            }
        }
    }

    // Most likely, the request that made the claim is settling it.
    private bool IsYoung(Claim claim, DateTimeOffset now) =>
        now - options.Value.ClaimAge <= claim.GrantedAt && claim.GrantedAt < now + MonotonicTimeRule.MaxStepBack;

    // A failure on one claim must not keep the others from being settled.
    private async Task TrySettleAsync(Claim claim, CancellationToken cancellationToken)
    {
        try
        {
            await settlement.SettleAsync(claim, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            instruments.TimerFailures.Add(1);
            Log.SettlementFailed(logger, claim.MerchantId, claim.Page, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Could not settle the claim of merchant {MerchantId} to {Page}. Retrying.")]
        public static partial void SettlementFailed(ILogger logger, string merchantId, PageRef page, Exception exception);
    }
}
