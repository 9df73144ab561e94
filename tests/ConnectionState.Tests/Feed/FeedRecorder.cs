using ConnectionStateService.Core;
using ConnectionStateService.Feed;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Feed;

/// <summary>Reads a stream of the feed event by event, when the test says so, and keeps what it got.</summary>
internal sealed class FeedRecorder(FeedStream stream) : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly List<FeedEvent> events = [];
    private IAsyncEnumerator<FeedEvent>? enumerator;
    private Task<bool> pulling = Task.FromResult(true);

    /// <summary>All events so far.</summary>
    public IReadOnlyList<FeedEvent> Events => events;

    /// <summary>What the stream keeps for later, in bytes.</summary>
    public long HeldSize => stream.HeldSize;

    /// <summary>All commits so far.</summary>
    public IReadOnlyList<SentCommit> Commits => [.. events.OfType<FeedEvent.Committed>().Select(e => new SentCommit(e.Commit.Entry.MerchantId, e.Commit.Entry.Position))];

    /// <summary>All resets so far.</summary>
    public IReadOnlyList<FeedEvent.Reset> Resets => [.. events.OfType<FeedEvent.Reset>()];

    /// <summary>Reads the next event.</summary>
    public async Task<FeedEvent> PullAsync()
    {
        // Not on this thread: a stream that reads in a circle must not hang the test.
        enumerator ??= stream.ReadAsync(stopping.Token).GetAsyncEnumerator(stopping.Token);
        pulling = Task.Run(() => enumerator.MoveNextAsync().AsTask());
        Assert.True(await pulling.WaitAsync(Eventually.Patience));
        events.Add(enumerator.Current);
        return enumerator.Current;
    }

    /// <summary>Reads until an event of a type comes, and returns it.</summary>
    public async Task<T> UntilAsync<T>() where T : FeedEvent
    {
        while (true)
        {
            if (await PullAsync() is T found)
            {
                return found;
            }
        }
    }

    /// <summary>Reads until so many commits have come.</summary>
    public async Task UntilCommitsAsync(int count)
    {
        while (Commits.Count < count)
        {
            await PullAsync();
        }
    }

    /// <summary>The positions that the stream has sent of a partition, in their order.</summary>
    public IReadOnlyList<FeedPoint> PositionsOf(int partition) => [.. events.SelectMany(Positions).Where(position => position.Partition == partition).Select(position => position.Point)];

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await ((Task)pulling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await (enumerator?.DisposeAsync() ?? default);
        stream.Dispose();
        stopping.Dispose();
    }

    private static IEnumerable<PartitionPoint> Positions(FeedEvent sent) => sent switch
    {
        FeedEvent.Committed e => [e.Position],
        FeedEvent.Superseded e => [e.Position],
        FeedEvent.Snapshot { Last: { } last } e => [new(e.Partition, last)],
        FeedEvent.Checkpoint e => e.Positions,
        _ => [],
    };
}

/// <summary>A commit, by merchant and position in its history.</summary>
internal readonly record struct SentCommit(string Merchant, HistoryPosition Position);
