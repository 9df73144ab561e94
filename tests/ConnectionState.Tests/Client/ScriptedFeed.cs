using System.Collections.Concurrent;
using System.Threading.Channels;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Result = ConnectionStateService.V1.CommitFeedPositionsResponse.Types.Result;

namespace ConnectionStateService.Tests.Client;

/// <summary>Fakes the feed service for a processor: the test decides which leases it gets, what its commits lead to, and what the streams send.</summary>
internal sealed class ScriptedFeed : CallInvoker
{
    private readonly List<WatchFeedResponse> messages = [];
    private readonly List<ScriptedFeedStream> streams = [];

    /// <summary>All streams that the processor has opened.</summary>
    public IReadOnlyList<ScriptedFeedStream> Streams
    {
        get
        {
            lock (messages)
            {
                return [.. streams];
            }
        }
    }

    /// <summary>The leases that each heartbeat returns.</summary>
    public Func<HoldFeedPartitionsRequest, HoldFeedPartitionsResponse.Types.Lease[]> Hold { get; set; } = _ => [];

    /// <summary>What becomes of each position.</summary>
    public Func<CommitFeedPositionsRequest.Types.Position, Result> Commit { get; set; } = _ => Result.Committed;

    /// <summary>The answer of GetFeedPositions.</summary>
    public Func<GetFeedPositionsResponse> Positions { get; set; } = () => new();

    public ConcurrentQueue<HoldFeedPartitionsRequest> Holds { get; } = new();

    public ConcurrentQueue<CommitFeedPositionsRequest> Commits { get; } = new();

    public static HoldFeedPartitionsResponse.Types.Lease Lease(int partition, long epoch = 1, string position = "start", bool release = false) => new()
    {
        Partition = partition,
        Epoch = epoch,
        Position = position,
        ExpiresIn = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
        Release = release,
    };

    /// <summary>Creates a processor on this service.</summary>
    public FeedProcessor Processor(
        IFeedHandler handler, FeedProcessorStart start = FeedProcessorStart.Now, TimeSpan? commitInterval = null, ILoggerFactory? loggers = null) => new(
        new(this, new() { Address = new("http://feed.invalid") }, TimeProvider.System, loggers, null),
        "consumer",
        handler,
        new()
        {
            Instance = "one",
            Start = start,
            CommitInterval = commitInterval ?? TimeSpan.FromMilliseconds(10),
            HeartbeatInterval = TimeSpan.FromMilliseconds(10),
            MaxRetryDelay = TimeSpan.FromMilliseconds(10),
        });

    /// <summary>Adds a commit to a partition. Its position is that of its revision.</summary>
    public void AddCommit(int partition, long revision) =>
        Add(partition, new() { Position = $"p-{revision}", Commit = new() { MerchantId = $"m-{partition}", Revision = revision } });

    /// <summary>Adds a message to a partition: the streams send it that are open, and those that begin before it later.</summary>
    public void Add(int partition, WatchFeedResponse message)
    {
        message.Partition = partition;
        lock (messages)
        {
            messages.Add(message);
            streams.Where(stream => stream.StartOf(partition) is not null).ToList().ForEach(stream => stream.Send(message));
        }
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var response = AnswerAsync(request);
        return new(CastAsync<TResponse>(response), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var stream = new ScriptedFeedStream((WatchFeedRequest)(object)request);
        lock (messages)
        {
            streams.Add(stream);
            messages.Where((message, n) => stream.StartOf(message.Partition) is { } start && n > IndexOf(start)).ToList().ForEach(stream.Send);
        }

        return new AsyncServerStreamingCall<TResponse>(
            (IAsyncStreamReader<TResponse>)(object)stream, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], stream.Close);
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    private static async Task<TResponse> CastAsync<TResponse>(Task<object> response) => (TResponse)await response;

    private int IndexOf(FeedStart start) => messages.FindLastIndex(message => message.Partition == start.Partition && message.Position == start.Position);

    private async Task<object> AnswerAsync(object request)
    {
        await Task.Yield();
        switch (request)
        {
            case HoldFeedPartitionsRequest { Leaving: true }:
                return new HoldFeedPartitionsResponse();
            case HoldFeedPartitionsRequest hold:
                Holds.Enqueue(hold);
                return new HoldFeedPartitionsResponse { Leases = { Hold(hold) } };
            case CommitFeedPositionsRequest commit:
                Commits.Enqueue(commit);
                return new CommitFeedPositionsResponse
                {
                    Outcomes = { commit.Positions.Select(position => new CommitFeedPositionsResponse.Types.Outcome { Partition = position.Partition, Result = Commit(position) }) },
                };
            default:
                return Positions();
        }
    }
}

/// <summary>One stream of a <see cref="ScriptedFeed"/>.</summary>
internal sealed class ScriptedFeedStream(WatchFeedRequest request) : IAsyncStreamReader<WatchFeedResponse>
{
    private readonly Channel<WatchFeedResponse> messages = Channel.CreateUnbounded<WatchFeedResponse>();
    private int awaited;

    public WatchFeedResponse Current { get; private set; } = null!;

    public bool IsClosed { get; private set; }

    /// <summary>How often the processor has asked for a message.</summary>
    public int Awaited => Volatile.Read(ref awaited);

    public FeedStart? StartOf(int partition) => request.Starts.SingleOrDefault(start => start.Partition == partition);

    public void Send(WatchFeedResponse message) => messages.Writer.TryWrite(message);

    public void Close() => IsClosed = true;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref awaited);
        Current = await messages.Reader.ReadAsync(cancellationToken);
        return true;
    }
}
