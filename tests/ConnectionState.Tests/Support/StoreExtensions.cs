using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Tests.Support;

/// <summary>What tests do with a store.</summary>
internal static class StoreExtensions
{
    /// <summary>Reads a merchant with all parts.</summary>
    public static ValueTask<StoredMerchant> ReadAsync(this IMerchantRecords store, string merchantId, CancellationToken cancellationToken) =>
        store.ReadAsync(merchantId, MerchantParts.All, cancellationToken);
}
