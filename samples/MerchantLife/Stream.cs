using System.Threading.Channels;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;

namespace MerchantLife;

/// <summary>Watches the merchant's page list beside the calls, as another open screen does.</summary>
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

    /// <summary>Prints the updates up to the current revision, so that the output of each run is the same.</summary>
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
        // Null while the server has not been reached.
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
            // The sample is done.
        }
        catch (RpcException e)
        {
            updates.Writer.TryComplete(e);
        }
    }
}
