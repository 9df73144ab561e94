using System.Runtime.CompilerServices;

namespace ConnectionStateService.Client.Testing;

internal sealed class FakePageListWatcher(FakeConnectionState service) : IPageListWatcher
{
    public IAsyncEnumerable<PageListUpdate> WatchAsync(
        string merchantId, string? resumeToken = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(merchantId);
        return RunAsync(merchantId, cancellationToken);
    }

    private async IAsyncEnumerable<PageListUpdate> RunAsync(
        string merchantId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var merchant = service.GetOrAdd(merchantId);
        var updates = merchant.Watch();
        try
        {
            while (true)
            {
                yield return await updates.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            merchant.Unwatch(updates);
        }
    }
}
