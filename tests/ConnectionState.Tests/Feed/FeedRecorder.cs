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

    /// <summary>All events so far.</summary>
    public IReadOnlyList<FeedEvent> Events => events;

    /// <summary>All commits so far.</summary>
    public IReadOnlyList<SentCommit> Commits => [.. events.OfType<FeedEvent.Committed>().Select(e => new SentCommit(e.Commit.Entry.MerchantId, e.Commit.Entry.Position))];

    /// <summary>All resets so far.</summary>
    public IReadOnlyList<FeedEvent.Reset> Resets => [.. events.OfType<FeedEvent.Reset>()];

    /// <summary>Reads the next event.</summary>
    public async Task<FeedEvent> PullAsync()
    {
        enumerator ??= stream.ReadAsync(stopping.Token).GetAsyncEnumerator(stopping.Token);
        Assert.True(await enumerator.MoveNextAsync().AsTask().WaitAsync(Eventually.Patience));
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

    /// <summary>The places that the stream has told of a partition, in their order.</summary>
    public IReadOnlyList<FeedPoint> PlacesOf(int partition) => [.. events.SelectMany(Places).Where(place => place.Partition == partition).Select(place => place.Point)];

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await (enumerator?.DisposeAsync() ?? default);
        stream.Dispose();
        stopping.Dispose();
    }

    private static IEnumerable<PartitionPoint> Places(FeedEvent sent) => sent switch
    {
        FeedEvent.Committed e => [e.Place],
        FeedEvent.Superseded e => [e.Place],
        FeedEvent.Snapshot { Last: { } last } e => [new(e.Partition, last)],
        FeedEvent.Checkpoint e => e.Places,
        _ => [],
    };
}

/// <summary>A commit, by merchant and position in its history.</summary>
internal readonly record struct SentCommit(string Merchant, HistoryPosition Position);
