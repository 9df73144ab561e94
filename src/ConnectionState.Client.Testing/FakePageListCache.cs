using System.Diagnostics.CodeAnalysis;
using ConnectionStateService.V1;

namespace ConnectionStateService.Client.Testing;

internal sealed class FakePageListCache(FakeConnectionState service) : IPageListCache
{
    public bool TryGet(string merchantId, [NotNullWhen(true)] out CachedPageList? found)
    {
        MerchantId.ThrowIfInvalid(merchantId);
        found = service.TryFind(merchantId)?.Read().Cached;
        return found is not null;
    }

    public async Task<CachedPageList> WaitForAsync(
        string merchantId, Func<PageList, bool> predicate, CancellationToken cancellationToken = default)
    {
        MerchantId.ThrowIfInvalid(merchantId);
        ArgumentNullException.ThrowIfNull(predicate);
        var merchant = service.GetOrAdd(merchantId);
        while (true)
        {
            var (cached, changed) = merchant.Read();
            if (cached is { IsLive: true } && predicate(cached.PageList))
            {
                return cached;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public bool Forget(string merchantId)
    {
        ArgumentException.ThrowIfNullOrEmpty(merchantId);
        return service.TryFind(merchantId)?.Read().Cached is not null;
    }
}
