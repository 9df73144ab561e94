using ConnectionStateService.Client;
using ConnectionStateService.Core;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>Opens a stream and keeps all that comes, until it ends or is hung up.</summary>
internal sealed class StreamRecorder : IAsyncDisposable
{
    // Far longer than anything takes: it only ends a test that would hang.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static int opened;

    private readonly CancellationTokenSource hangUp = new();
    private readonly ConnectionStateClient client;
    private readonly RecorderOptions options;
    private readonly Lock gate = new();
    private readonly Task reading;
    private bool disposed;
    private TaskCompletionSource moved = NewSignal();
    private RecordedStream stream;

    private StreamRecorder(ConnectionStateClient client, string merchantId, string? token, RecorderOptions options)
    {
        (this.client, this.options) = (client, options);
        var name = $"stream {Interlocked.Increment(ref opened)} of {merchantId} from {RecordedStream.PositionOf(token, merchantId)}";
        stream = new RecordedStream(name, merchantId, token, MonotonicTime.Now, []);
        reading = Task.Run(ReadAsync);
    }

    /// <summary>What came so far.</summary>
    public RecordedStream Stream
    {
        get
        {
            lock (gate)
            {
                return stream;
            }
        }
    }

    /// <summary>The last message's token; before the first, what the stream began with.</summary>
    public string? Token => Stream is var now && now.Messages.IsEmpty ? now.Token : now.Messages[^1].Message.ResumeToken;

    /// <summary>What the stream failed with; none: it did not fail.</summary>
    public ConnectionStateException? Failure { get; private set; }

    /// <summary>Where the stream is.</summary>
    public HistoryPosition? Position => RecordedStream.PositionOf(Token, Stream.MerchantId);

    public static StreamRecorder Open(
        ConnectionStateClient client, string merchantId, string? token = null, RecorderOptions? options = null) =>
        new(client, merchantId, token, options ?? new RecorderOptions());

    /// <summary>Waits until what came satisfies the condition.</summary>
    public async Task<RecordedStream> UntilAsync(Func<RecordedStream, bool> condition)
    {
        var waiting = MonotonicTime.Now;
        while (true)
        {
            var signal = Volatile.Read(ref moved).Task;
            var now = Stream;
            if (condition(now))
            {
                return now;
            }

            var told = string.Join("; ", now.Messages.TakeLast(5));
            Assert.True(now.Ending is null, $"{now.Name} ended before what was waited for: {now.Ending}; last: {told}");
            Assert.True(MonotonicTime.Now - waiting < Patience, $"{now.Name}: what was waited for did not come; last: {told}");
            await signal.WaitAsync(Patience).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>Waits for a message; the answer is the newest of its kind.</summary>
    public async Task<ReceivedMessage> MessageAsync(Func<ReceivedMessage, bool> condition) =>
        (await UntilAsync(s => s.Messages.Any(condition))).Messages.Last(condition);

    public async Task<ReceivedMessage> FirstAsync() => (await UntilAsync(s => !s.Messages.IsEmpty)).Messages[0];

    public async Task<Ending> EndAsync() => (await UntilAsync(s => s.Ending is not null)).Ending!;

    /// <summary>Ends the stream from this side, and waits until nothing more comes.</summary>
    public async Task<RecordedStream> HangUpAsync()
    {
        await hangUp.CancelAsync();
        await reading;
        return Stream;
    }

    public async ValueTask DisposeAsync()
    {
        if (!disposed)
        {
            disposed = true;
            await HangUpAsync();
            hangUp.Dispose();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ReadAsync()
    {
        var request = new WatchPageListRequest { MerchantId = stream.MerchantId };
        if (stream.Token is { } token)
        {
            request.ResumeToken = token;
        }

        try
        {
            using var call = client.Watches.WatchPageList(request, cancellationToken: hangUp.Token);
            await ReadAsync(call.ResponseStream);
            End(hangUp.IsCancellationRequested, StatusCode.OK, ErrorReason.Unspecified);
        }
        catch (ConnectionStateException e)
        {
            Failure = e;
            End(hangUp.IsCancellationRequested, e.StatusCode, e.Reason);
        }
        catch (RpcException e)
        {
            End(hangUp.IsCancellationRequested, e.StatusCode, ErrorReason.Unspecified);
        }
        catch (OperationCanceledException)
        {
            End(hangUp.IsCancellationRequested, StatusCode.Cancelled, ErrorReason.Unspecified);
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<WatchPageListResponse> messages)
    {
        await options.BeforeEach().WaitAsync(hangUp.Token);
        while (await messages.MoveNext(hangUp.Token))
        {
            var (message, at) = (messages.Current, MonotonicTime.Now);
            var place = RecordedStream.PositionOf(message.ResumeToken, stream.MerchantId);
            Keep(now => now with { Messages = now.Messages.Add(new ReceivedMessage(message, place, at)) });
            if (options.ReadsAfterEach)
            {
                var list = await client.Pages.GetPageListAsync(new() { MerchantId = stream.MerchantId }, cancellationToken: hangUp.Token);
                var read = new ReceivedMessage(message, place, at, list.PageList.Revision);
                Keep(now => now with { Messages = now.Messages.SetItem(now.Messages.Length - 1, read) });
            }

            await options.BeforeEach().WaitAsync(hangUp.Token);
        }
    }

    private void End(bool byCaller, StatusCode status, ErrorReason reason) =>
        Keep(now => now with { Ending = new Ending(byCaller, status, reason, MonotonicTime.Now) });

    private void Keep(Func<RecordedStream, RecordedStream> change)
    {
        lock (gate)
        {
            stream = change(stream);
        }

        Interlocked.Exchange(ref moved, NewSignal()).SetResult();
    }
}

/// <summary>How a recorder reads.</summary>
internal sealed record RecorderOptions
{
    /// <summary>The page list is read after each message, to see whether reads are as new as what was delivered.</summary>
    public bool ReadsAfterEach { get; init; }

    /// <summary>Is waited for before each message: a slow reader.</summary>
    public Func<Task> BeforeEach { get; init; } = () => Task.CompletedTask;
}
