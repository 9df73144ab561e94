using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Timers;

/// <summary>Settles the claims that were left unsettled by an outage or a crash after the grant was committed.</summary>
internal sealed partial class ClaimProcessor(
    IClaimQueue claims,
    IStoreClock clock,
    ClaimSettlement settlement,
    Instruments instruments,
    IOptions<TimerOptions> options,
    ILogger<ClaimProcessor> logger)
{
    /// <summary>Settles a batch of the claims that are older than <see cref="TimerOptions.ClaimAge"/>, oldest first.</summary>
    /// <exception cref="StoreUnavailableException">The store could not list the claims.</exception>
    public async Task ProcessUnsettledAsync(CancellationToken cancellationToken)
    {
        var grantedBefore = await clock.GetTimeAsync(cancellationToken) - options.Value.ClaimAge;
        foreach (var claim in await claims.FindClaimsAsync(grantedBefore, options.Value.BatchSize, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await TrySettleAsync(claim, cancellationToken);
        }
    }

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
