using System.Threading.Channels;
using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>
/// A stream of many merchants, taken apart into a stream for each merchant as a stream of that merchant alone would be: the checks of the promises then hold for
/// it too. A checkpoint for all becomes one for each merchant that has got a message.
/// </summary>
internal sealed class ListsStream : IAsyncDisposable
{
    // Reached only by a test that hangs.
    private static readonly TimeSpan HangBound = TimeSpan.FromMinutes(1);

    private readonly AsyncDuplexStreamingCall<WatchPageListsRequest, WatchPageListsResponse> call;
    private readonly SemaphoreSlim writing = new(1);
    private readonly Lock gate = new();
    private readonly Dictionary<string, MerchantStream> merchants = [];
    private readonly Dictionary<string, TaskCompletionSource> removing = [];
    private readonly Task reading;
    private Google.Protobuf.WellKnownTypes.Duration? interval;
    private bool hasEnded;
    private int checkpoints;
    private IReadOnlyCollection<int> unconfirmed = [];

    public ListsStream(ConnectionStateClient client, Metadata? headers = null)
    {
        call = client.Watches.WatchPageLists(headers);
        reading = Task.Run(ReadAsync);
    }

    /// <summary>The number of checkpoints.</summary>
    public int Checkpoints => Volatile.Read(ref checkpoints);

    /// <summary>The partitions that the last checkpoint did not confirm.</summary>
    public IReadOnlyCollection<int> Unconfirmed => Volatile.Read(ref unconfirmed);

    /// <summary>Whether the stream has ended.</summary>
    public bool HasEnded
    {
        get
        {
            lock (gate)
            {
                return hasEnded;
            }
        }
    }

    /// <summary>Adds a merchant, or returns null if it is on the stream, or the stream has ended.</summary>
    public async Task<MerchantStream?> TryAddAsync(string merchantId, string? token)
    {
        var added = new MerchantStream(this, merchantId);
        lock (gate)
        {
            if (hasEnded || removing.ContainsKey(merchantId) || !merchants.TryAdd(merchantId, added))
            {
                return null;
            }
        }

        var add = new WatchPageListsRequest.Types.Add { MerchantId = merchantId };
        if (token is not null)
        {
            add.ResumeToken = token;
        }

        await WriteAsync(new() { Adds = { add } });
        return added;
    }

    /// <summary>Removes a merchant, and waits for the answer, or for the end of the stream.</summary>
    public async Task RemoveAsync(MerchantStream stream)
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (merchants.GetValueOrDefault(stream.MerchantId) != stream || hasEnded)
            {
                return;
            }

            removing[stream.MerchantId] = answered;
        }

        await WriteAsync(new() { Removes = { new WatchPageListsRequest.Types.Remove { MerchantId = stream.MerchantId } } });
        await Task.WhenAny(answered.Task, reading).WaitAsync(HangBound);
    }

    public async ValueTask DisposeAsync()
    {
        call.Dispose();
        await reading;
        writing.Dispose();
    }

    private async Task WriteAsync(WatchPageListsRequest request)
    {
        await writing.WaitAsync();
        try
        {
            await call.RequestStream.WriteAsync(request);
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The stream has ended; its reader has the reason.
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        Exception? ending = null;
        try
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                Take(call.ResponseStream.Current);
            }
        }
        catch (Exception e)
        {
            ending = e;
        }

        lock (gate)
        {
            hasEnded = true;
            foreach (var merchant in merchants.Values)
            {
                merchant.End(ending);
            }
        }
    }

    private void Take(WatchPageListsResponse message)
    {
        interval ??= message.CheckpointInterval ?? throw new InvalidOperationException("The first message has no checkpoint_interval.");
        lock (gate)
        {
            foreach (var update in message.Updates)
            {
                Take(update);
            }

            if (message.Checkpoint is { } checkpoint)
            {
                Volatile.Write(ref unconfirmed, checkpoint.UnconfirmedPartitions);
                Volatile.Write(ref checkpoints, checkpoints + 1);
                foreach (var merchant in merchants.Values.Where(m => !checkpoint.UnconfirmedPartitions.Contains(Partition.Of(m.MerchantId))))
                {
                    merchant.Confirm();
                }
            }
        }
    }

    private void Take(WatchPageListsResponse.Types.Update update)
    {
        if (!merchants.TryGetValue(update.MerchantId, out var merchant))
        {
            throw new InvalidOperationException($"An update of {update.MerchantId}, which is not on the stream: {update}");
        }

        switch (update.KindCase)
        {
            case WatchPageListsResponse.Types.Update.KindOneofCase.Message:
                merchant.Add(update.Message, interval!);
                break;
            case WatchPageListsResponse.Types.Update.KindOneofCase.Failure:
                merchants.Remove(update.MerchantId);
                merchant.End(update.Failure.ToRpcException());
                break;
            default:
                merchants.Remove(update.MerchantId);
                Assert.True(removing.Remove(update.MerchantId, out var answered), $"{update.MerchantId} was not removed.");
                merchant.End(null);
                answered!.SetResult();
                break;
        }
    }
}

/// <summary>The messages of one merchant on a <see cref="ListsStream"/>. Disposing it removes the merchant.</summary>
internal sealed class MerchantStream(ListsStream lists, string merchantId) : IAsyncStreamReader<WatchPageListResponse>, IAsyncDisposable
{
    private readonly Channel<WatchPageListResponse> messages = Channel.CreateUnbounded<WatchPageListResponse>();
    private WatchPageListResponse? last;

    public string MerchantId => merchantId;

    public WatchPageListResponse Current { get; private set; } = null!;

    public void Add(WatchPageListResponse message, Google.Protobuf.WellKnownTypes.Duration interval)
    {
        Assert.Null(message.CheckpointInterval);
        if (last is null)
        {
            message.CheckpointInterval = interval;
        }

        last = message;
        messages.Writer.TryWrite(message);
    }

    public void Confirm()
    {
        if (last is not null && RecordedStream.PositionOf(last.ResumeToken, merchantId) is { } position)
        {
            messages.Writer.TryWrite(new() { ResumeToken = last.ResumeToken, Checkpoint = new() { Revision = position.Revision } });
        }
    }

    public void End(Exception? ending) => messages.Writer.TryComplete(ending);

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (!await messages.Reader.WaitToReadAsync(cancellationToken))
        {
            return false;
        }

        Assert.True(messages.Reader.TryRead(out var message));
        Current = message;
        return true;
    }

    public async ValueTask DisposeAsync() => await lists.RemoveAsync(this);
}

/// <summary>A few streams of many merchants, for tests that watch a merchant more than once.</summary>
internal sealed class ListsStreams(ConnectionStateClient client, int count) : IAsyncDisposable
{
    private readonly ListsStream?[] streams = new ListsStream?[count];
    private readonly Lock gate = new();

    /// <summary>Adds a merchant to a stream that does not have it yet.</summary>
    public async Task<MerchantStream> AddAsync(string merchantId, string? token, CancellationToken cancellationToken)
    {
        // A stream may be removing the merchant.
        for (var n = 0; ; n++)
        {
            ListsStream stream;
            lock (gate)
            {
                if (streams[n % count] is not { HasEnded: false } open)
                {
                    streams[n % count] = open = new ListsStream(client);
                }

                stream = open;
            }

            if (await stream.TryAddAsync(merchantId, token) is { } added)
            {
                return added;
            }

            if (n % count == count - 1)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in streams.OfType<ListsStream>())
        {
            await stream.DisposeAsync();
        }
    }
}
