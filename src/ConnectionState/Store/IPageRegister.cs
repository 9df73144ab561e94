using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>
/// Decides which merchant holds a page: the one whose grant was registered last. One entry per page, changed atomically, so that neither
/// clocks nor the order of commits in different processes matter.
/// </summary>
internal interface IPageRegister
{
    /// <summary>Returns the hold that is registered for a page, or null.</summary>
    ValueTask<PageHold?> ReadHoldAsync(PageRef page, CancellationToken cancellationToken);

    /// <summary>Registers a hold, unless the register has another one than expected.</summary>
    /// <param name="page">The page.</param>
    /// <param name="hold">The hold to register.</param>
    /// <param name="expectedHoldId">The id of the hold that is registered, or 0 for none.</param>
    /// <param name="cancellationToken">Cancels the call. The hold may be registered nevertheless.</param>
    /// <returns>The hold that is registered after the call, or null.</returns>
    ValueTask<PageHold?> RegisterAsync(PageRef page, PageHold hold, ulong expectedHoldId, CancellationToken cancellationToken);
}

/// <summary>A merchant's hold on a page.</summary>
/// <param name="MerchantId">The merchant.</param>
/// <param name="HoldId">The id of the grant that the merchant holds the page by; see <see cref="Connection.HoldId"/>.</param>
internal readonly record struct PageHold(string MerchantId, ulong HoldId);
