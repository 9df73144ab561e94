using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Watch;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>One merchant of a service, with all its streams and its whole history.</summary>
/// <param name="service">The service.</param>
/// <param name="merchantId">The merchant.</param>
/// <param name="lists">The streams of many merchants to use, or null for streams of this merchant alone.</param>
internal sealed class WatchedMerchant(Service service, string merchantId, ListsStreams? lists = null) : IAsyncDisposable
{
    private static int count;

    private ImmutableList<StreamRecorder> recorders = [];

    public WatchedMerchant(Service service, ListsStreams? lists = null)
        : this(service, $"watched-{Interlocked.Increment(ref count)}", lists)
    {
    }

    public string Id => merchantId;

    public HistoryLog History { get; } = new();

    /// <summary>The newest position when the history was last read.</summary>
    public HistoryPosition Head => History.Head;

    /// <summary>All streams that were opened here, in their current state.</summary>
    public IReadOnlyList<RecordedStream> Streams => [.. recorders.Select(r => r.Stream)];

    public StreamRecorder Open(string? token = null, RecorderOptions? options = null)
    {
        var recorder = StreamRecorder.Open(service.Client, merchantId, token, (options ?? new()) with { Lists = lists });
        ImmutableInterlocked.Update(ref recorders, all => all.Add(recorder));
        return recorder;
    }

    public StreamRecorder OpenAt(HistoryPosition position) => Open(ResumeToken.Encode(merchantId, position));

    /// <summary>Opens a stream and waits for its first message.</summary>
    public async Task<StreamRecorder> BeginAsync(string? token = null, RecorderOptions? options = null)
    {
        var recorder = Open(token, options);
        await recorder.FirstAsync();
        return recorder;
    }

    /// <summary>Makes commits with one change each.</summary>
    public async Task CommitAsync(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            await HandleAsync(SetPlan(Plan.Standard, (int)(Head.Revision % 100) + 1));
        }
    }

    /// <summary>Handles a command, and adds its commit to the history.</summary>
    public async Task<Decision> HandleAsync(Command command)
    {
        var before = Head;
        var decision = await service.Handler.HandleAsync(merchantId, command, CancellationToken.None);
        if (decision is Decision.Changed)
        {
            var acknowledgedAt = MonotonicTime.Now;
            await ReadHistoryAsync();
            History.Acknowledged(before, acknowledgedAt);
        }

        return decision;
    }

    /// <summary>Reads new commits into the history.</summary>
    public Task ReadHistoryAsync() => History.ReadAsync(service.Store, merchantId);

    /// <summary>Returns the position a number of commits back, at most the one before the first commit.</summary>
    public HistoryPosition Back(int commits)
    {
        var revision = Math.Max(0, Head.Revision - commits);
        return History.Find(Head, revision)?.Position ?? default;
    }

    /// <summary>Waits until the stream is at the head of the history.</summary>
    public Task CaughtUpAsync(StreamRecorder recorder) =>
        recorder.UntilAsync(stream => !stream.Messages.IsEmpty && stream.Messages[^1].Position == Head);

    /// <summary>Asserts that no stream that was opened here violates a promise.</summary>
    public async Task AssertKeptAsync(WatchExpectations? expected = null)
    {
        await ReadHistoryAsync();
        WatchPromises.AssertKept(WatchPromises.Violations(Streams, History, expected));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var recorder in recorders)
        {
            await recorder.DisposeAsync();
        }
    }
}
