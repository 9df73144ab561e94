using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Merchants;

/// <summary>
/// Enforces one holder per page (R16). A grant stores a claim to the page with its commit. Settling the claim registers the grant in the page's
/// register, which decides who holds the page, then takes the page from every merchant that held it before, and removes the claim. Settling is
/// idempotent and safe to run concurrently.
/// </summary>
/// <remarks>
/// A merchant with an unsettled claim is left to its own settlement: it may still register. A grant that finds a later one registered gives the
/// page back itself.
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

    /// <summary>Whether a claim of the merchant to the page is not settled yet.</summary>
    public ValueTask<bool> IsUnsettledAsync(string merchantId, PageRef page, CancellationToken cancellationToken) =>
        claims.HasClaimAsync(merchantId, page, cancellationToken);

    /// <summary>
    /// Settles a claim. When this method returns, the grant is registered, or a later one is. Taking the page from other merchants is left to
    /// the timer if it fails.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The grant may or may not be registered; the timer settles the claim.</exception>
    public async Task SettleAsync(Claim claim, CancellationToken cancellationToken)
    {
        if (await FindHoldAsync(claim.MerchantId, claim.Page, cancellationToken) is not { } connection)
        {
            // The merchant lost the page meanwhile.
            await claims.RemoveClaimAsync(claim, cancellationToken);
            return;
        }

        var hold = new PageHold(claim.MerchantId, connection.HoldId);
        if (!await TryRegisterAsync(claim.Page, hold, connection.PreviousHoldId, cancellationToken))
        {
            if (await ReleaseAsync(hold, claim.Page, cancellationToken))
            {
                await claims.RemoveClaimAsync(claim, cancellationToken);
            }

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

            if (registered is { } other && other.MerchantId != hold.MerchantId && await HoldsAsync(other, page, cancellationToken))
            {
                return false;
            }

            // Nobody holds the page by the registered grant any more, so it is not a later one.
            previousHoldId = registered?.HoldId ?? 0;
        }
    }

    private async Task TakeFromOthersAsync(Claim claim, PageHold hold, CancellationToken cancellationToken)
    {
        var isSettled = true;
        foreach (var merchantId in await queries.FindMerchantsAsync(claim.Page, cancellationToken))
        {
            if (merchantId != hold.MerchantId)
            {
                isSettled &= await TryTakeAsync(merchantId, claim.Page, hold, cancellationToken);
            }
        }

        if (!isSettled)
        {
            return;
        }

        // In this order: a later grant takes the page from a merchant without a claim, and leaves a merchant with a claim to itself.
        await claims.RemoveClaimAsync(claim, cancellationToken);
        if (await IsSupersededAsync(hold, claim.Page, cancellationToken))
        {
            while (!await ReleaseAsync(hold, claim.Page, cancellationToken))
            {
                // Nobody else would try again.
            }
        }
    }

    // False if the merchant has to be tried again.
    private async Task<bool> TryTakeAsync(string merchantId, PageRef page, PageHold hold, CancellationToken cancellationToken)
    {
        try
        {
            if (await FindHoldAsync(merchantId, page, cancellationToken) is not { } other)
            {
                return true;
            }

            if (await claims.HasClaimAsync(merchantId, page, cancellationToken))
            {
                return false;
            }

            // Read after the claim: without a claim, the other grant was registered, and it is older if this one is still the registered one.
            return await register.ReadHoldAsync(page, cancellationToken) == hold
                ? await ReleaseAsync(new PageHold(merchantId, other.HoldId), page, cancellationToken)
                : await IsSupersededAsync(hold, page, cancellationToken);
        }
        catch (RecordUnreadableException e)
        {
            // The connections of an unreadable record cannot be used by anyone, so the claim does not wait for it.
            instruments.UnreadableRecords.Add(1);
            Log.RecordUnreadable(logger, page, merchantId, e);
            return true;
        }
    }

    // True if another merchant was granted the page later: it takes the page from everyone else.
    private async Task<bool> IsSupersededAsync(PageHold hold, PageRef page, CancellationToken cancellationToken) =>
        await register.ReadHoldAsync(page, cancellationToken) is { } registered
        && registered.MerchantId != hold.MerchantId && await HoldsAsync(registered, page, cancellationToken);

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
        [LoggerMessage(1, LogLevel.Warning, "Could not take {Page} from all other merchants for merchant {MerchantId}. The timer retries it.")]
        public static partial void SettlementDelayed(ILogger logger, PageRef page, string merchantId, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "Could not take {Page} from merchant {MerchantId}: its record is unreadable.")]
        public static partial void RecordUnreadable(ILogger logger, PageRef page, string merchantId, Exception exception);
    }
}
