using System.Threading.Channels;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace ConnectionStateService.Tests.Client;

/// <summary>Stands for the service's streams: each that is opened is handed to the test, which says what comes of it.</summary>
internal sealed class ScriptedStreams : CallInvoker
{
    private readonly Channel<ScriptedStream> opened = Channel.CreateUnbounded<ScriptedStream>();
    private int channels;

    public ConnectionStateClientOptions Options { get; } = new()
    {
        InitialWatchBackoff = TimeSpan.FromMilliseconds(1),
        MaxWatchBackoff = TimeSpan.FromMilliseconds(5),
        WatchOpenTimeout = TimeSpan.FromSeconds(30),
    };

    public LeapingClock Clock { get; } = new();

    /// <summary>How many channels were opened for streams.</summary>
    public int Channels => channels;

    /// <summary>Whether a stream was opened that the test has not seen yet.</summary>
    public bool HasOpened => opened.Reader.Count > 0;

    public PageListWatcher NewWatcher()
    {
        var shared = new StreamChannels(OpenChannel, _ => new(new RetryingInvoker(this, Options, Clock)));
        return new PageListWatcher(shared, Options, Clock);
    }

    /// <summary>The next stream that is opened, in order.</summary>
    public async Task<ScriptedStream> OpenedAsync() => await opened.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Patience);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var stream = new ScriptedStream((WatchPageListRequest)(object)request);
        opened.Writer.TryWrite(stream);
        return new AsyncServerStreamingCall<TResponse>(
            (IAsyncStreamReader<TResponse>)(object)stream, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], stream.Close);
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    private GrpcChannel OpenChannel()
    {
        Interlocked.Increment(ref channels);
        return GrpcChannel.ForAddress("http://127.0.0.1:1");
    }
}

/// <summary>One stream as the test plays it.</summary>
internal sealed class ScriptedStream(WatchPageListRequest request) : IAsyncStreamReader<WatchPageListResponse>
{
    private readonly Channel<WatchPageListResponse> messages = Channel.CreateUnbounded<WatchPageListResponse>();

    public WatchPageListRequest Request => request;

    public bool IsClosed { get; private set; }

    public WatchPageListResponse Current { get; private set; } = null!;

    public static PageList List(long revision) => new() { MerchantId = "m", Revision = revision };

    public ScriptedStream Snapshot(long revision, TimeSpan? interval = null)
    {
        var message = new WatchPageListResponse
        {
            Snapshot = new() { PageList = List(revision), Reason = SnapshotReason.Initial },
            CheckpointInterval = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(interval ?? TimeSpan.FromMinutes(1)),
        };
        return Say(message, revision);
    }

    public ScriptedStream Changes(long revision) => Say(
        new() { Changes = new() { PageList = List(revision), Changes_ = { new Change { Revision = revision } } } }, revision);

    public ScriptedStream Checkpoint(long revision, bool withList = false) => Say(
        new() { Checkpoint = new() { Revision = revision, PageList = withList ? List(revision) : null } }, revision);

    /// <summary>Ends the stream with OK.</summary>
    public void End() => messages.Writer.TryComplete();

    public void Fail(StatusCode status) => Fail(new RpcException(new Status(status, "as the test says")));

    public void Fail(RpcException failure) => messages.Writer.TryComplete(failure);

    public void Close() => IsClosed = true;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        try
        {
            if (!await messages.Reader.WaitToReadAsync(cancellationToken))
            {
                return false;
            }
        }
        catch (OperationCanceledException e)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "Call canceled by the client.", e));
        }

        Assert.True(messages.Reader.TryRead(out var message));
        Current = message;
        return true;
    }

    private ScriptedStream Say(WatchPageListResponse message, long revision)
    {
        message.ResumeToken = $"token-{revision}";
        Assert.True(messages.Writer.TryWrite(message));
        return this;
    }
}

/// <summary>A clock that the test can move ahead; between leaps, and for timers, it is the real one.</summary>
internal sealed class LeapingClock : TimeProvider
{
    private long leaps;

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref leaps);

    public void Leap(TimeSpan by) => Interlocked.Add(ref leaps, (long)(by.TotalSeconds * TimestampFrequency));
}
