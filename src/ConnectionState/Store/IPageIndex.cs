using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>Finds the merchants of a page.</summary>
internal interface IPageIndex
{
    /// <summary>The merchants that may list the page, ordered by id. A superset: read the records to be sure.</summary>
    ValueTask<ImmutableArray<string>> FindMerchantsAsync(PageRef page, CancellationToken cancellationToken);
}
