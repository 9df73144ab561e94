using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>Finds the merchants of a provider account.</summary>
internal interface IAccountIndex
{
    /// <summary>
    /// The merchants that may have a listed connection that uses the account, ordered by id. A superset: read the records to be sure.
    /// </summary>
    ValueTask<ImmutableArray<string>> FindMerchantsAsync(AccountRef account, CancellationToken cancellationToken);
}
