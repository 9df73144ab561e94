using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Watch;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>One merchant of a service, all streams that were ever opened on it, and all that was ever committed.</summary>
internal sealed class WatchedMerchant(Service service, string merchantId) : IAsyncDisposable
{
    private static int named;

    private ImmutableList<StreamRecorder> recorders = [];

    public WatchedMerchant(Service service)
        : this(service, $"watched-{Interlocked.Increment(ref named)}")
    {
    }

    public string Id => merchantId;

    public HistoryLog History { get; } = new();

    /// <summary>Where the history stood when it was last looked at.</summary>
    public HistoryPosition Head => History.Head;

    /// <summary>All streams that were ever opened here, as they are now.</summary>
    public IReadOnlyList<RecordedStream> Streams => [.. recorders.Select(r => r.Stream)];

    public StreamRecorder Open(string? token = null, RecorderOptions? options = null)
    {
        var recorder = StreamRecorder.Open(service.Client, merchantId, token, options);
        ImmutableInterlocked.Update(ref recorders, all => all.Add(recorder));
        return recorder;
    }

    public StreamRecorder OpenAt(HistoryPosition place) => Open(ResumeToken.Encode(merchantId, place));

    /// <summary>Opens a stream and waits until it has begun.</summary>
    public async Task<StreamRecorder> BeginAsync(string? token = null, RecorderOptions? options = null)
    {
        var recorder = Open(token, options);
        await recorder.FirstAsync();
        return recorder;
    }

    /// <summary>Makes commits of one change each, one after the other.</summary>
    public async Task CommitAsync(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            await HandleAsync(SetPlan(Plan.Standard, (int)(Head.Revision % 100) + 1));
        }
    }

    /// <summary>Carries out a command; what it commits goes into the history.</summary>
    public async Task<Decision> HandleAsync(Command command)
    {
        var before = Head;
        var decision = await service.Merchants.HandleAsync(merchantId, command, CancellationToken.None);
        if (decision is Decision.Changed)
        {
            var answered = MonotonicTime.Now;
            await LookAsync();
            History.Acknowledged(before, answered);
        }

        return decision;
    }

    /// <summary>Reads what was committed.</summary>
    public Task LookAsync() => History.ReadAsync(service.Store, merchantId);

    /// <summary>A place of this history, so many commits back, or that of before everything.</summary>
    public HistoryPosition Back(int commits)
    {
        var revision = Math.Max(0, Head.Revision - commits);
        return History.Find(Head, revision)?.Position ?? default;
    }

    /// <summary>Waits until the stream has told all that was committed.</summary>
    public Task CaughtUpAsync(StreamRecorder recorder) =>
        recorder.UntilAsync(stream => !stream.Messages.IsEmpty && stream.Messages[^1].Position == Head);

    /// <summary>Nothing is wrong with any stream that was ever opened here.</summary>
    public async Task AssertKeptAsync(WatchExpectations? expected = null)
    {
        await LookAsync();
        WatchPromises.AssertKept(WatchPromises.All(Streams, History, expected));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var recorder in recorders)
        {
            await recorder.DisposeAsync();
        }
    }
}
