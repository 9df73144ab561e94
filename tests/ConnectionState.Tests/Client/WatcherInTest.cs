using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Client;

/// <summary>One watch over streams that the test scripts.</summary>
public abstract class WatcherInTest : IAsyncDisposable
{
    private protected readonly ScriptedStreams service = new();
    private protected readonly CancellationTokenSource stop = new();
    private IAsyncEnumerator<PageListUpdate>? updates;

    // The stream is opened by the first MoveNextAsync; the first NextAsync returns its result.
    private Task<PageListUpdate>? first;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await stop.CancelAsync();
        stop.Dispose();
        try
        {
            await (updates?.DisposeAsync() ?? default);
        }
        catch (NotSupportedException)
        {
            // A MoveNextAsync of the test is still pending.
        }
    }

    private protected static (PageListUpdateKind, long, string, bool) Facts(PageListUpdate update) =>
        (update.Kind, update.PageList?.Revision ?? -1, update.ResumeToken ?? "", update.IsLive);

    private protected async Task<ScriptedStream> WatchAsync(string? resumeToken = null)
    {
        updates = service.Watcher.WatchAsync("m", resumeToken, stop.Token).GetAsyncEnumerator();
        first = MoveAsync();
        return await service.OpenedAsync();
    }

    private protected async Task<PageListUpdate> NextAsync()
    {
        updates ??= service.Watcher.WatchAsync("m", cancellationToken: stop.Token).GetAsyncEnumerator();
        var next = first ?? MoveAsync();
        first = null;
        return await next.WaitAsync(Eventually.Patience);
    }

    private async Task<PageListUpdate> MoveAsync()
    {
        Assert.True(await updates!.MoveNextAsync());
        return updates.Current;
    }
}
