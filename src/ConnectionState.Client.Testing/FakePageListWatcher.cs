using System.Runtime.CompilerServices;

namespace ConnectionStateService.Client.Testing;

internal sealed class FakePageListWatcher(FakeConnectionState service) : IPageListWatcher
{
    public IAsyncEnumerable<PageListUpdate> WatchAsync(
        string merchantId, string? resumeToken = null, CancellationToken cancellationToken = default)
    {
        MerchantId.ThrowIfInvalid(merchantId);
        return RunAsync(merchantId, cancellationToken);
    }

    private async IAsyncEnumerable<PageListUpdate> RunAsync(
        string merchantId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var merchant = service.GetOrAdd(merchantId);
        var updates = merchant.Watch();
        try
        {
            while (await updates.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (updates.Reader.TryRead(out var update))
                {
                    yield return update;
                }
            }
        }
        finally
        {
            merchant.Unwatch(updates);
        }
    }
}
