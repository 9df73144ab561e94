namespace ConnectionStateService.Client;

/// <summary>A watch of its own for each merchant: for a watcher that is not the library's, and for servers that have no streams of many merchants.</summary>
internal sealed class WatcherSource(IPageListWatcher watcher) : CacheSource
{
    // Without the execution context of the caller: the watch must not belong to that caller's trace.
    public override void Start(CacheEntry entry) => ThreadPool.UnsafeQueueUserWorkItem(
        static run => _ = WatchAsync(run.watcher, run.entry), (watcher, entry), preferLocal: false);

    // The token of the entry ends its watch.
    public override void Stop(CacheEntry entry)
    {
    }

    public override Task UntilIdleAsync() => Task.CompletedTask;

    private static async Task WatchAsync(IPageListWatcher watcher, CacheEntry entry)
    {
        try
        {
            await foreach (var update in watcher.WatchAsync(entry.MerchantId, null, entry.Stopped).ConfigureAwait(false))
            {
                entry.Apply(update);
            }

            entry.End(new InvalidOperationException("The watch ended."));
        }
        catch (Exception e)
        {
            entry.End(e);
        }
    }
}
