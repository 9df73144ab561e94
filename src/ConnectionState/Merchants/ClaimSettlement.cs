using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;

namespace ConnectionStateService.Merchants;

/// <summary>
/// Enforces one holder per page (R16). A grant stores a claim to the page with its commit. Settling the claim registers the grant in the page's
/// register, which decides who holds the page, then takes the page from every merchant that held it before, and removes the claim. Settling is
/// idempotent and safe to run concurrently.
/// </summary>
/// <remarks>
/// Why one merchant holds the page once all claims are settled: of two merchants with a hold, one committed its grant later, and was
/// indexed before its commit. The settlement of that grant looks at the other merchant, and takes the page from it while its own hold is the
/// registered one. If it is not, the settlement begins again: it registers its hold once more, or gives the page back to the later grant.
/// </remarks>
internal sealed partial class ClaimSettlement(
    MerchantCommitter committer,
    MerchantQueries queries,
    IPageRegister register,
    IClaimQueue claims,
    Instruments instruments,
    ILogger<ClaimSettlement> logger)
{
    private static readonly Origin Origin = new("connectionstate:claim");

    private enum Taking
    {
        /// <summary>No other merchant holds the page by an earlier grant.</summary>
        Done,

        /// <summary>The register has another hold meanwhile.</summary>
        Overtaken,

        /// <summary>Other commits kept changing a merchant that holds the page.</summary>
        Busy,
    }

    /// <summary>Whether a claim of the merchant to the page is not settled yet.</summary>
    public ValueTask<bool> IsUnsettledAsync(string merchantId, PageRef page, CancellationToken cancellationToken) =>
        claims.HasClaimAsync(merchantId, page, cancellationToken);

    /// <summary>
    /// Settles a claim. When this method returns, the grant is registered, or a later one is. Taking the page from the merchants that lost
    /// it is left to the timer if it fails.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The grant may or may not be registered; the timer settles the claim.</exception>
    public async Task SettleAsync(Claim claim, CancellationToken cancellationToken)
    {
        if (await TryRegisterAsync(claim, cancellationToken) is not { } hold)
        {
            return;
        }

        try
        {
            await TakeFromOthersAsync(claim, hold, cancellationToken);
        }
        catch (Exception e) when (e is StoreUnavailableException or OperationCanceledException)
        {
            Log.SettlementDelayed(logger, claim.Page, claim.MerchantId, e);
        }
    }

    // Null if the merchant lost the page meanwhile, or gives it back because a later grant is registered.
    private async Task<PageHold?> TryRegisterAsync(Claim claim, CancellationToken cancellationToken)
    {
        if (await FindHoldAsync(claim.MerchantId, claim.Page, cancellationToken) is not { } connection)
        {
            await claims.RemoveClaimAsync(claim, cancellationToken);
            return null;
        }

        var hold = new PageHold(claim.MerchantId, connection.HoldId);
        if (await TryRegisterAsync(claim.Page, hold, connection.PreviousHoldId, cancellationToken))
        {
            return hold;
        }

        // The claim stays if the page could not be given back: the later grant may have looked at this merchant before it was granted.
        if (await ReleaseAsync(hold, claim.Page, cancellationToken))
        {
            await claims.RemoveClaimAsync(claim, cancellationToken);
        }

        return null;
    }

    // False if a later grant holds the page.
    private async Task<bool> TryRegisterAsync(PageRef page, PageHold hold, ulong previousHoldId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var registered = await register.RegisterAsync(page, hold, previousHoldId, cancellationToken);
            if (registered == hold)
            {
                return true;
            }

            if (registered is { } other && await IsLaterAsync(other, hold, page, cancellationToken))
            {
                return false;
            }

            // The merchant that is registered does not hold the page any more.
            previousHoldId = registered?.HoldId ?? 0;
        }
    }

    private async Task TakeFromOthersAsync(Claim claim, PageHold hold, CancellationToken cancellationToken)
    {
        PageHold? current = hold;
        while (current is { } registered)
        {
            var taking = await TakeFromOthersAsync(claim.Page, registered, cancellationToken);
            if (taking is Taking.Done)
            {
                await claims.RemoveClaimAsync(claim, cancellationToken);
            }

            current = taking is Taking.Overtaken ? await TryRegisterAsync(claim, cancellationToken) : null;
        }
    }

    private async Task<Taking> TakeFromOthersAsync(PageRef page, PageHold hold, CancellationToken cancellationToken)
    {
        var others = (await queries.FindMerchantsAsync(page, cancellationToken)).Remove(hold.MerchantId);
        var takings = await FanOut.RunAsync(others, (id, token) => TakeAsync(id, page, hold, token), cancellationToken);
        return takings.Contains(Taking.Overtaken) ? Taking.Overtaken
            : takings.Contains(Taking.Busy) ? Taking.Busy
            : Taking.Done;
    }

    private async Task<Taking> TakeAsync(string merchantId, PageRef page, PageHold hold, CancellationToken cancellationToken)
    {
        try
        {
            if (await FindHoldAsync(merchantId, page, cancellationToken) is not { } other)
            {
                return Taking.Done;
            }

            // A grant that began after this one was registered is about to be registered, and then takes the page itself.
            var isUnsettledSuccessor = other.PreviousHoldId == hold.HoldId
                && await claims.HasClaimAsync(merchantId, page, cancellationToken);

            // Read last: while this hold is registered, the other one is earlier, or is the successor that was found above. A successor
            // that is settled in between is registered by now.
            if (await register.ReadHoldAsync(page, cancellationToken) != hold)
            {
                return Taking.Overtaken;
            }

            if (isUnsettledSuccessor)
            {
                return Taking.Done;
            }

            return await ReleaseAsync(new PageHold(merchantId, other.HoldId), page, cancellationToken) ? Taking.Done : Taking.Busy;
        }
        catch (RecordUnreadableException e)
        {
            // The connections of an unreadable record cannot be used by anyone, so the claim does not wait for it.
            instruments.UnreadableRecords.Add(1);
            Log.RecordUnreadable(logger, page, merchantId, e);
            return Taking.Done;
        }
    }

    // Another merchant that holds the page began its grant later, and so did this one if it has another hold by now.
    private async Task<bool> IsLaterAsync(PageHold registered, PageHold hold, PageRef page, CancellationToken cancellationToken) =>
        registered.MerchantId == hold.MerchantId
            ? (await FindHoldAsync(hold.MerchantId, page, cancellationToken))?.HoldId != hold.HoldId
            : await HoldsAsync(registered, page, cancellationToken);

    // By any hold: a merchant that was granted the page again may not have registered that yet.
    private async Task<bool> HoldsAsync(PageHold hold, PageRef page, CancellationToken cancellationToken)
    {
        try
        {
            return await FindHoldAsync(hold.MerchantId, page, cancellationToken) is not null;
        }
        catch (RecordUnreadableException e)
        {
            instruments.UnreadableRecords.Add(1);
            Log.RecordUnreadable(logger, page, hold.MerchantId, e);
            return false;
        }
    }

    // False if other commits kept changing the merchant.
    private async Task<bool> ReleaseAsync(PageHold hold, PageRef page, CancellationToken cancellationToken) =>
        await committer.CommitAsync(hold.MerchantId, new Command.ReleasePage(Origin, page, hold.HoldId), cancellationToken)
            is not Decision.Refused;

    private async Task<Connection?> FindHoldAsync(string merchantId, PageRef page, CancellationToken cancellationToken) =>
        (await queries.GetAsync(merchantId, cancellationToken)).Find(page) is { HoldsPage: true } connection ? connection : null;

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Warning, "Could not take {Page} from all other merchants for merchant {MerchantId}. The timer retries it.")]
        public static partial void SettlementDelayed(ILogger logger, PageRef page, string merchantId, Exception exception);

        [LoggerMessage(3002, LogLevel.Error, "Could not take {Page} from merchant {MerchantId}: its record is unreadable.")]
        public static partial void RecordUnreadable(ILogger logger, PageRef page, string merchantId, Exception exception);
    }
}
