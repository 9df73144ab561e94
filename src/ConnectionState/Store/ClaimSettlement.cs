using ConnectionState.Core;

namespace ConnectionState.Store;

/// <summary>
/// One holder per page (R16). A grant claims the page, and the claim is stored with it; settling takes the page from every
/// merchant that it was granted to before, and forgets the claim. Settling twice, or twice at once, does no harm.
/// </summary>
internal sealed partial class ClaimSettlement(IConnectionStore store, Instruments instruments, ILogger<ClaimSettlement> logger)
{
    private static readonly Origin Origin = new("connectionstate:claim");

    /// <summary>Settles a claim, or leaves it for the timer.</summary>
    public async Task TrySettleAsync(Claim claim, Merchants merchants, CancellationToken cancellationToken)
    {
        try
        {
            var settled = true;
            foreach (var merchantId in await store.FindMerchantsAsync(claim.Page, cancellationToken))
            {
                settled &= merchantId == claim.MerchantId || await YieldAsync(merchantId, claim, merchants, cancellationToken);
            }

            if (settled)
            {
                await store.RemoveClaimAsync(claim, cancellationToken);
            }
        }
        catch (Exception e) when (e is StoreUnavailableException or OperationCanceledException)
        {
            Log.Left(logger, claim.Page, claim.MerchantId, e);
        }
    }

    private async Task<bool> YieldAsync(string merchantId, Claim claim, Merchants merchants, CancellationToken cancellationToken)
    {
        try
        {
            var decision = await merchants.HandleAsync(merchantId, new Command.Yield(Origin, claim), cancellationToken);
            if (decision is Decision.Unchanged { Reason: UnchangedReason.Stale, Record: var record }
                && record.Find(claim.Page) is { State: State.Connected or State.Expired, ConnectedAt: { } grantedAt })
            {
                // Granted later but stored earlier: that one's claim was settled before this one's grant was there to yield.
                var later = new Claim(merchantId, claim.Page, grantedAt);
                decision = await merchants.HandleAsync(claim.MerchantId, new Command.Yield(Origin, later), cancellationToken);
            }

            return decision is not Decision.Refused { Fault: Fault.ConcurrentChange };
        }
        catch (RecordUnreadableException e)
        {
            // Nobody can use that merchant's connections as long as its record is unreadable; the claim does not wait for it.
            instruments.UnreadableRecords.Add(1);
            Log.Unreadable(logger, claim.Page, merchantId, e);
            return true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The claim of merchant {MerchantId} to {Page} is left for the timer.")]
        public static partial void Left(ILogger logger, PageRef page, string merchantId, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "Merchant {MerchantId}, which may have {Page}, cannot be made to yield it.")]
        public static partial void Unreadable(ILogger logger, PageRef page, string merchantId, Exception exception);
    }
}
