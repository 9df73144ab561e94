using ConnectionStateService.Client;
using ConnectionStateService.Core;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>Opens a stream and records its messages until it ends or is canceled.</summary>
internal sealed class StreamRecorder : IAsyncDisposable
{
    // Reached only by a test that hangs.
    private static readonly TimeSpan HangBound = TimeSpan.FromMinutes(1);

    private static int opened;

    private readonly CancellationTokenSource cancellation = new();
    private readonly ConnectionStateClient client;
    private readonly RecorderOptions options;
    private readonly Lock gate = new();
    private readonly Task reading;
    private bool disposed;
    private TaskCompletionSource changed = NewSignal();
    private RecordedStream stream;

    private StreamRecorder(ConnectionStateClient client, string merchantId, string? token, RecorderOptions options)
    {
        (this.client, this.options) = (client, options);
        var name = $"stream {Interlocked.Increment(ref opened)} of {merchantId} from {RecordedStream.PositionOf(token, merchantId)}";
        stream = new RecordedStream(name, merchantId, token, MonotonicTime.Now, []);
        reading = Task.Run(ReadAsync);
    }

    /// <summary>The stream so far.</summary>
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

    /// <summary>The token of the last message, or the one that the stream was opened with.</summary>
    public string? Token => Stream is var now && now.Messages.IsEmpty ? now.Token : now.Messages[^1].Message.ResumeToken;

    /// <summary>The error that the stream ended with, or null.</summary>
    public ConnectionStateError? Failure { get; private set; }

    /// <summary>The position of the stream, or null.</summary>
    public HistoryPosition? Position => RecordedStream.PositionOf(Token, Stream.MerchantId);

    public static StreamRecorder Open(
        ConnectionStateClient client, string merchantId, string? token = null, RecorderOptions? options = null) =>
        new(client, merchantId, token, options ?? new RecorderOptions());

    /// <summary>Waits until the stream satisfies the condition.</summary>
    public async Task<RecordedStream> UntilAsync(Func<RecordedStream, bool> condition)
    {
        var waiting = MonotonicTime.Now;
        while (true)
        {
            var signal = Volatile.Read(ref changed).Task;
            var now = Stream;
            if (condition(now))
            {
                return now;
            }

            var last = string.Join("; ", now.Messages.TakeLast(5));
            Assert.True(now.Ending is null, $"{now.Name} ended too early: {now.Ending}; last messages: {last}");
            Assert.True(MonotonicTime.Now - waiting < HangBound, $"{now.Name}: the condition did not become true within {HangBound}; last messages: {last}");
            await signal.WaitAsync(HangBound).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>Waits for a message that satisfies the condition, and returns the newest one.</summary>
    public async Task<ReceivedMessage> MessageAsync(Func<ReceivedMessage, bool> condition) =>
        (await UntilAsync(s => s.Messages.Any(condition))).Messages.Last(condition);

    public async Task<ReceivedMessage> FirstAsync() => (await UntilAsync(s => !s.Messages.IsEmpty)).Messages[0];

    public async Task<Ending> EndAsync() => (await UntilAsync(s => s.Ending is not null)).Ending!;

    /// <summary>Cancels the stream, and waits until it has ended.</summary>
    public async Task<RecordedStream> CancelAsync()
    {
        await cancellation.CancelAsync();
        await reading;
        return Stream;
    }

    public async ValueTask DisposeAsync()
    {
        if (!disposed)
        {
            disposed = true;
            await CancelAsync();
            cancellation.Dispose();
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
            if (options.Lists is { } lists)
            {
                await using var added = await lists.AddAsync(stream.MerchantId, stream.Token, cancellation.Token);
                await ReadAsync(added);
            }
            else
            {
                using var call = client.Watches.WatchPageList(request, cancellationToken: cancellation.Token);
                await ReadAsync(call.ResponseStream);
            }

            End(cancellation.IsCancellationRequested, StatusCode.OK, ErrorReason.Unspecified);
        }
        catch (RpcException e)
        {
            Failure = e.GetConnectionStateError();
            End(cancellation.IsCancellationRequested, Failure.StatusCode, Failure.Reason);
        }
        catch (OperationCanceledException)
        {
            End(cancellation.IsCancellationRequested, StatusCode.Cancelled, ErrorReason.Unspecified);
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<WatchPageListResponse> messages)
    {
        await options.BeforeEach().WaitAsync(cancellation.Token);
        while (await messages.MoveNext(cancellation.Token))
        {
            var (message, at) = (messages.Current, MonotonicTime.Now);
            var position = RecordedStream.PositionOf(message.ResumeToken, stream.MerchantId);
            Update(now => now with { Messages = now.Messages.Add(new ReceivedMessage(message, position, at)) });
            if (options.ReadsAfterEach)
            {
                var list = await client.Pages.GetPageListAsync(new() { MerchantId = stream.MerchantId }, cancellationToken: cancellation.Token);
                var read = new ReceivedMessage(message, position, at, list.PageList.Revision);
                Update(now => now with { Messages = now.Messages.SetItem(now.Messages.Length - 1, read) });
            }

            await options.BeforeEach().WaitAsync(cancellation.Token);
        }
    }

    private void End(bool byCaller, StatusCode status, ErrorReason reason) =>
        Update(now => now with { Ending = new Ending(byCaller, status, reason, MonotonicTime.Now) });

    private void Update(Func<RecordedStream, RecordedStream> change)
    {
        lock (gate)
        {
            stream = change(stream);
        }

        Interlocked.Exchange(ref changed, NewSignal()).SetResult();
    }
}

/// <summary>How a recorder reads its stream.</summary>
internal sealed record RecorderOptions
{
    /// <summary>Whether the page list is read after each message.</summary>
    public bool ReadsAfterEach { get; init; }

    /// <summary>The streams of many merchants to use, or null for a stream of the merchant alone.</summary>
    public ListsStreams? Lists { get; init; }

    /// <summary>Awaited before each message, to make a slow reader.</summary>
    public Func<Task> BeforeEach { get; init; } = () => Task.CompletedTask;
}
