using System.Threading.Channels;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>Writes the requests of one shared stream, many merchants in one message. All but <see cref="DisposeAsync"/> is called under the lock of its owner.</summary>
internal sealed class SharedRequests : IAsyncDisposable
{
    // As the server allows.
    private const int MaxPerMessage = 256;

    private readonly Channel<(SharedMerchant? Added, string Id)> queue =
        Channel.CreateUnbounded<(SharedMerchant? Added, string Id)>(new UnboundedChannelOptions { SingleReader = true });

    // Removes that the server has not answered.
    private readonly Dictionary<string, int> removing = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource closed = new();
    private readonly PageListsStream stream;
    private readonly Task writing;

    public SharedRequests(PageListsStream stream)
    {
        this.stream = stream;
        writing = Task.Run(WriteAsync);
    }

    public void Add(SharedMerchant merchant) => queue.Writer.TryWrite((merchant, merchant.Id));

    public void Remove(string merchantId)
    {
        removing[merchantId] = removing.GetValueOrDefault(merchantId) + 1;
        queue.Writer.TryWrite((null, merchantId));
    }

    /// <summary>Whether an update is of a merchant that was removed meanwhile.</summary>
    public bool IsOfRemoved(WatchPageListsResponse.Types.Update update)
    {
        if (!removing.TryGetValue(update.MerchantId, out var count))
        {
            return false;
        }

        if (update.Removed is not null && count == 1)
        {
            removing.Remove(update.MerchantId);
        }
        else if (update.Removed is not null)
        {
            removing[update.MerchantId] = count - 1;
        }

        return true;
    }

    /// <summary>Stops writing: the stream has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await closed.CancelAsync().ConfigureAwait(false);
        await writing.ConfigureAwait(false);
        closed.Dispose();
    }

    private async Task WriteAsync()
    {
        try
        {
            while (await queue.Reader.WaitToReadAsync(closed.Token).ConfigureAwait(false))
            {
                await stream.WriteAsync(NextMessage(), closed.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException or ObjectDisposedException)
        {
            // The stream has ended; the reader says why.
        }
    }

    // The server removes before it adds: what is removed after it was added goes into another message.
    private WatchPageListsRequest NextMessage()
    {
        var message = new WatchPageListsRequest();
        var added = new HashSet<string>(StringComparer.Ordinal);
        while (message.Adds.Count < MaxPerMessage && message.Removes.Count < MaxPerMessage && queue.Reader.TryPeek(out var next))
        {
            if (next.Added is null && added.Contains(next.Id))
            {
                break;
            }

            queue.Reader.TryRead(out _);
            if (next.Added is not { } merchant)
            {
                message.Removes.Add(new WatchPageListsRequest.Types.Remove { MerchantId = next.Id });
            }
            else if (added.Add(next.Id))
            {
                message.Adds.Add(ToAdd(merchant));
            }
        }

        return message;
    }

    private static WatchPageListsRequest.Types.Add ToAdd(SharedMerchant merchant)
    {
        var request = merchant.State.CreateRequest();
        var add = new WatchPageListsRequest.Types.Add { MerchantId = request.MerchantId };
        if (request.HasResumeToken)
        {
            add.ResumeToken = request.ResumeToken;
        }

        return add;
    }
}
