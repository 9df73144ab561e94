using System.Collections.Concurrent;
using System.Threading.Channels;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectionStateService.Tests.Client;

/// <summary>Fakes the server's watch streams: each opened stream is handed to the test, which scripts it.</summary>
internal sealed class ScriptedStreams : CallInvoker
{
    private readonly Channel<ScriptedStream> opened = Channel.CreateUnbounded<ScriptedStream>();
    private PageListWatcher? watcher;

    public ConnectionStateClientOptions Options { get; } = new()
    {
        InitialWatchBackoff = TimeSpan.FromMilliseconds(1),
        MaxWatchBackoff = TimeSpan.FromMilliseconds(5),
        WatchOpenTimeout = TimeSpan.FromSeconds(30),
    };

    public TimeProvider Clock { get; set; } = new LeapingClock();

    public ILogger Logger { get; set; } = NullLogger.Instance;

    public ClientMetrics Metrics { get; set; } = new();

    public CancellationTokenSource Stopping { get; } = new();

    /// <summary>Called on the thread that opens a stream.</summary>
    public Action? OnOpen { get; set; }

    /// <summary>True if a stream was opened that the test has not taken yet.</summary>
    public bool HasOpened => opened.Reader.Count > 0;

    public void Leap(TimeSpan by) => ((LeapingClock)Clock).Leap(by);

    /// <summary>A watcher that all watches of the test share. Created with the options and the clock of its first use.</summary>
    public PageListWatcher Watcher => watcher ??= NewWatcher();

    public PageListWatcher NewWatcher() => new(
        new(this.Intercept(new CallInterceptor(Options, Clock, Logger))),
        Options,
        TokenCache.Create(Options, Clock, Logger, Metrics),
        Clock,
        Logger,
        Metrics,
        Stopping.Token);

    public PageListCache NewCache(int capacity = 100)
    {
        Options.CacheCapacity = capacity;
        return new(new WatcherSource(NewWatcher()), Options, Clock, Logger, Metrics);
    }

    /// <summary>A cache whose merchants share a stream. Each that is added is an opened stream for the test.</summary>
    public PageListCache NewSharedCache(int capacity = 100)
    {
        Options.CacheCapacity = capacity;
        var shared = new SharedWatch(
            new(this.Intercept(new CallInterceptor(Options, Clock, Logger))),
            new WatcherSource(NewWatcher()),
            Options,
            TokenCache.Create(Options, Clock, Logger, Metrics),
            Clock,
            Logger,
            Metrics,
            Stopping.Token);
        return new(shared, Options, Clock, Logger, Metrics);
    }

    /// <summary>The calls of streams of many merchants, in order.</summary>
    public ConcurrentQueue<ScriptedLists> Lists { get; } = new();

    /// <summary>Whether the server has streams of many merchants.</summary>
    public bool HasLists { get; set; } = true;

    public void Add(ScriptedStream stream) => opened.Writer.TryWrite(stream);

    /// <summary>The next opened stream, in order.</summary>
    public async Task<ScriptedStream> OpenedAsync() => await opened.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Patience);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        OnOpen?.Invoke();
        var stream = new ScriptedStream((WatchPageListRequest)(object)request, options.Headers?.GetValue("authorization"));
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
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        OnOpen?.Invoke();
        var lists = new ScriptedLists(this, options.Headers?.GetValue("authorization"));
        Lists.Enqueue(lists);
        if (!HasLists)
        {
            lists.Refuse(new RpcException(new Status(StatusCode.Unimplemented, "scripted failure")));
        }

        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            (IClientStreamWriter<TRequest>)(object)lists,
            (IAsyncStreamReader<TResponse>)(object)lists,
            Task.FromResult(new Metadata()),
            () => Status.DefaultSuccess,
            () => [],
            lists.Close);
    }
}

/// <summary>One stream that the test scripts, or one merchant of a stream of many.</summary>
internal sealed class ScriptedStream(WatchPageListRequest request, string? authorization = null, ScriptedLists? lists = null)
    : IAsyncStreamReader<WatchPageListResponse>
{
    private bool hasSent;
    private readonly Channel<WatchPageListResponse> messages = Channel.CreateUnbounded<WatchPageListResponse>();

    public WatchPageListRequest Request => request;

    /// <summary>The header <c>authorization</c>, or null.</summary>
    public string? Authorization => authorization;

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
        return Send(message, revision);
    }

    public ScriptedStream Changes(long revision) => Send(
        new() { Changes = new() { PageList = List(revision), Changes_ = { new Change { Revision = revision } } } }, revision);

    public ScriptedStream Changes(PageList list) => Send(
        new() { Changes = new() { PageList = list, Changes_ = { new Change { Revision = list.Revision } } } }, list.Revision);

    public ScriptedStream Checkpoint(long revision, bool withList = false) => Send(
        new() { Checkpoint = new() { Revision = revision, PageList = withList ? List(revision) : null } }, revision);

    /// <summary>Ends the stream with OK.</summary>
    public void End()
    {
        lists?.End();
        messages.Writer.TryComplete();
    }

    public void Fail(StatusCode status) => Fail(new RpcException(new Status(status, "scripted failure")));

    public void Fail(RpcException failure)
    {
        if (lists is not null && failure.StatusCode is StatusCode.Unavailable)
        {
            lists.Fail(failure);
        }

        lists?.Send(request.MerchantId, failure);
        messages.Writer.TryComplete(failure);
    }

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

    private ScriptedStream Send(WatchPageListResponse message, long revision)
    {
        message.ResumeToken = $"token-{revision}";
        if (lists is not null)
        {
            lists.Send(request.MerchantId, message, isForAll: hasSent);
            hasSent = true;
            return this;
        }

        Assert.True(messages.Writer.TryWrite(message));
        return this;
    }
}

/// <summary>A clock whose timestamps the test moves ahead. Its timers run in real time.</summary>
internal sealed class LeapingClock : TimeProvider
{
    private long leaps;

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref leaps);

    public void Leap(TimeSpan by) => Interlocked.Add(ref leaps, (long)(by.TotalSeconds * TimestampFrequency));
}
