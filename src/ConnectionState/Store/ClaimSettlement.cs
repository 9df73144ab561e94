using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>
/// One holder per page (R16). A grant claims the page, and the claim is stored with it; settling takes the page from every
/// merchant that it was granted to before, and forgets the claim. Settling twice, or twice at once, does no harm.
/// </summary>
internal sealed partial class ClaimSettlement(IConnectionStore store, Instruments instruments, ILogger<ClaimSettlement> logger)
{
    private static readonly Origin Origin = new("connectionstate:claim");

    /// <summary>Settles a claim, or leaves it for the timer.</summary>
    /// <returns>Whether the claimant itself had to give way.</returns>
    public async Task<bool> TrySettleAsync(Claim claim, MerchantCommandHandler merchants, CancellationToken cancellationToken)
    {
        var gaveWay = false;
        try
        {
            var settled = true;
            foreach (var merchantId in await store.FindMerchantsAsync(claim.Page, cancellationToken))
            {
                if (merchantId != claim.MerchantId)
                {
                    var (done, later) = await YieldAsync(merchantId, claim, merchants, cancellationToken);
                    settled &= done && (later is null || await GiveWayAsync(claim, later, merchants, cancellationToken));
                    gaveWay |= later is not null;
                }
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

        return gaveWay;
    }

    // Whether the merchant has answered the claim, and its own grant if that is the later one.
    private async Task<(bool Done, Claim? Later)> YieldAsync(
        string merchantId, Claim claim, MerchantCommandHandler merchants, CancellationToken cancellationToken)
    {
        try
        {
            var decision = await merchants.HandleAsync(merchantId, new Command.ReleasePage(Origin, claim), cancellationToken);
            return decision switch
            {
                Decision.Unchanged { Reason: UnchangedReason.Stale, Record: var record } => (true, HolderOf(record, claim.Page)),
                Decision.Refused { Fault: Fault.ConcurrentChange } => (false, null),
                _ => (true, null),
            };
        }
        catch (RecordUnreadableException e)
        {
            // Nobody can use that merchant's connections as long as its record is unreadable; the claim does not wait for it.
            instruments.UnreadableRecords.Add(1);
            Log.Unreadable(logger, claim.Page, merchantId, e);
            return (true, null);
        }
    }

    private static Claim? HolderOf(MerchantRecord record, PageRef page) =>
        record.Find(page) is { State: State.Connected or State.Expired, ConnectedAt: { } grantedAt }
            ? new Claim(record.MerchantId, page, grantedAt)
            : null;

    // Granted later but stored earlier: that one's claim was settled before this one's grant was there to yield.
    private async Task<bool> GiveWayAsync(Claim claim, Claim later, MerchantCommandHandler merchants, CancellationToken cancellationToken) =>
        (await YieldAsync(claim.MerchantId, later, merchants, cancellationToken)).Done;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The claim of merchant {MerchantId} to {Page} is left for the timer.")]
        public static partial void Left(ILogger logger, PageRef page, string merchantId, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "Merchant {MerchantId}, which may have {Page}, cannot be made to yield it.")]
        public static partial void Unreadable(ILogger logger, PageRef page, string merchantId, Exception exception);
    }
}
