using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Merchants;

/// <summary>
/// Enforces one holder per page (R16). A grant stores a claim to the page with its commit. Settling the claim takes the page from every
/// merchant that was granted it earlier, then removes the claim. Settling is idempotent and safe to run concurrently.
/// </summary>
internal sealed partial class ClaimSettlement(
    MerchantCommitter committer, IPageIndex pages, IClaimQueue claims, Instruments instruments, ILogger<ClaimSettlement> logger)
{
    private static readonly Origin Origin = new("connectionstate:claim");

    /// <summary>Settles a claim. If the store fails, the claim is left for the timer.</summary>
    /// <returns>True if the claimant itself had to release the page, because another grant is later.</returns>
    public async Task<bool> TrySettleAsync(Claim claim, CancellationToken cancellationToken)
    {
        var claimantReleased = false;
        try
        {
            var settled = true;
            foreach (var merchantId in await pages.FindMerchantsAsync(claim.Page, cancellationToken))
            {
                if (merchantId != claim.MerchantId)
                {
                    var (done, later) = await ReleaseAsync(merchantId, claim, cancellationToken);

                    // A grant that is later but was stored earlier: its claim was settled before this claimant had the page.
                    settled &= done && (later is null || (await ReleaseAsync(claim.MerchantId, later, cancellationToken)).Done);
                    claimantReleased |= later is not null;
                }
            }

            if (settled)
            {
                await claims.RemoveClaimAsync(claim, cancellationToken);
            }
        }
        catch (Exception e) when (e is StoreUnavailableException or OperationCanceledException)
        {
            Log.SettlementDelayed(logger, claim.Page, claim.MerchantId, e);
        }

        return claimantReleased;
    }

    // Done is false if the merchant has to be tried again. Later is the merchant's own grant if that is later than the claim.
    private async Task<(bool Done, Claim? Later)> ReleaseAsync(string merchantId, Claim claim, CancellationToken cancellationToken)
    {
        try
        {
            var decision = await committer.CommitAsync(merchantId, new Command.ReleasePage(Origin, claim), cancellationToken);
            return decision switch
            {
                Decision.Unchanged { Reason: UnchangedReason.Stale, Record: var record } => (true, ClaimOf(record, claim.Page)),
                Decision.Refused { Fault: Fault.ConcurrentChange } => (false, null),
                _ => (true, null),
            };
        }
        catch (RecordUnreadableException e)
        {
            // The connections of an unreadable record cannot be used by anyone, so the claim does not wait for it.
            instruments.UnreadableRecords.Add(1);
            Log.RecordUnreadable(logger, claim.Page, merchantId, e);
            return (true, null);
        }
    }

    private static Claim? ClaimOf(MerchantRecord record, PageRef page) =>
        record.Find(page) is { State: State.Connected or State.Expired, ConnectedAt: { } grantedAt }
            ? new Claim(record.MerchantId, page, grantedAt)
            : null;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Could not settle the claim of merchant {MerchantId} to {Page}. The timer retries it.")]
        public static partial void SettlementDelayed(ILogger logger, PageRef page, string merchantId, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "Could not take {Page} from merchant {MerchantId}: its record is unreadable.")]
        public static partial void RecordUnreadable(ILogger logger, PageRef page, string merchantId, Exception exception);
    }
}
