using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>The claims to pages that were committed but are not settled yet.</summary>
internal interface IClaimQueue
{
    /// <summary>The unsettled claims that were granted before a time, oldest first.</summary>
    ValueTask<ImmutableArray<Claim>> FindClaimsAsync(DateTimeOffset grantedBefore, int limit, CancellationToken cancellationToken);

    /// <summary>Whether a claim of the merchant to the page is not settled yet.</summary>
    ValueTask<bool> HasClaimAsync(string merchantId, PageRef page, CancellationToken cancellationToken);

    /// <summary>Removes a settled claim. A newer claim of the same merchant to the same page is kept.</summary>
    ValueTask RemoveClaimAsync(Claim claim, CancellationToken cancellationToken);
}
