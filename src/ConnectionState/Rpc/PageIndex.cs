using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Rpc;

/// <summary>One merchant's connection to a page.</summary>
internal readonly record struct HeldPage(string MerchantId, Connection Connection);

/// <summary>Finds who has a page. The store's answer is a superset; the records decide.</summary>
internal sealed class PageIndex(IConnectionStore store, Instruments instruments)
{
    /// <summary>The listed connections to a page, by merchant, and how many records could not be read.</summary>
    public async Task<(ImmutableArray<HeldPage> Held, int Unreadable)> FindAsync(PageRef page, CancellationToken cancellationToken)
    {
        var held = ImmutableArray.CreateBuilder<HeldPage>();
        var unreadable = 0;
        foreach (var merchantId in await store.FindMerchantsAsync(page, cancellationToken))
        {
            try
            {
                var stored = await store.ReadAsync(merchantId, cancellationToken);
                if (stored.Record.Find(page) is { IsListed: true } connection)
                {
                    held.Add(new HeldPage(merchantId, connection));
                }
            }
            catch (RecordUnreadableException)
            {
                instruments.UnreadableRecords.Add(1);
                unreadable++;
            }
        }

        return (held.ToImmutable(), unreadable);
    }
}
