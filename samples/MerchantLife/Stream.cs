using System.Threading.Channels;
using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace MerchantLife;

/// <summary>What another open screen of the merchant sees meanwhile, without asking: the stream beside the calls.</summary>
internal sealed class Stream : IAsyncDisposable
{
    private readonly ConnectionStateClient client;
    private readonly Screen screen;
    private readonly string merchantId;
    private readonly CancellationTokenSource stop = new();
    private readonly Channel<PageListUpdate> updates = Channel.CreateUnbounded<PageListUpdate>();
    private readonly Dictionary<PageRef, string> names = [];
    private readonly Task watching;
    private long revision = -1;

    public Stream(ConnectionStateClient client, Screen screen, string merchantId)
    {
        (this.client, this.screen, this.merchantId) = (client, screen, merchantId);
        watching = Task.Run(WatchAsync);
    }

    /// <summary>Shows what the stream has said since, up to what a call would be told now: so that each run looks the same.</summary>
    public async Task ShowAsync()
    {
        var list = (await client.Pages.GetPageListAsync(new() { MerchantId = merchantId })).PageList;
        while (revision < list.Revision)
        {
            Show(await updates.Reader.ReadAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        stop.Dispose();
    }

    private void Show(PageListUpdate update)
    {
        // None only as long as the service was not reached.
        if (update.PageList is not { } list)
        {
            return;
        }

        revision = list.Revision;
        foreach (var connection in list.Connections)
        {
            names[connection.Page] = connection.PageName;
        }

        foreach (var change in update.Changes)
        {
            screen.Changed(change, names);
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var update in client.Watcher.WatchAsync(merchantId, cancellationToken: stop.Token))
            {
                updates.Writer.TryWrite(update);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The story is over.
        }
        catch (ConnectionStateException e)
        {
            updates.Writer.TryComplete(e);
        }
    }
}
