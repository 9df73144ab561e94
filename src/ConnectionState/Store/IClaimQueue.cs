using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>The claims to pages that were committed but are not settled yet.</summary>
internal interface IClaimQueue
{
    /// <summary>
    /// The unsettled claims that this process is responsible for. If there are very many, some of them; the next calls return the others. Asks
    /// the store only if there may be any. One caller at a time.
    /// </summary>
    IAsyncEnumerable<Claim> FindClaimsAsync(CancellationToken cancellationToken);

    /// <summary>Whether a claim of the merchant to the page is not settled yet.</summary>
    ValueTask<bool> HasClaimAsync(string merchantId, PageRef page, CancellationToken cancellationToken);

    /// <summary>Removes a settled claim. A newer claim of the same merchant to the same page is kept.</summary>
    ValueTask RemoveClaimAsync(Claim claim, CancellationToken cancellationToken);
}
