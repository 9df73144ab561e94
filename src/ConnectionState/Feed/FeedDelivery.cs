using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>Turns the commits of a batch into the events of a stream, and moves its positions over them.</summary>
internal sealed class FeedDelivery(FeedRequest request, FeedSource source)
{
    private readonly FeedPageLists pageLists = new(source);
    private long commitsSize;

    /// <summary>The size of what is kept of the batch, in bytes.</summary>
    public long Size => commitsSize + pageLists.Size;

    /// <summary>Begins a batch. Its commits are delivered in this order; some may be left out.</summary>
    public void Begin(IReadOnlyCollection<(FeedLane Lane, FeedCommit Commit)> batch)
    {
        commitsSize = batch.Sum(item => (long)item.Commit.Size);
        pageLists.Begin(batch.Where(item => item.Lane.Wants(item.Commit.Partition, item.Commit.Entry.Point) && NeedsPageList(item.Commit))
            .Select(item => item.Commit));
    }

    /// <summary>Moves over a commit of the batch.</summary>
    /// <returns>The event, or null if the stream does not send the commit.</returns>
    /// <exception cref="StoreUnavailableException">Its page list cannot be read. The position is before the commit.</exception>
    public async ValueTask<FeedEvent?> DeliverAsync(FeedLane lane, FeedCommit commit, CancellationToken cancellationToken)
    {
        var point = commit.Entry.Point;
        var isSent = lane.Wants(commit.Partition, point) && (commit.IsSuperseded || request.Filter.Selects(commit.Commit!));
        var merchant = isSent && NeedsPageList(commit) ? await pageLists.ReadAsync(commit, cancellationToken) : null;
        lane.MoveTo(point);
        if (!isSent)
        {
            return null;
        }

        lane.Find(commit.Partition)!.Sent = point;
        return commit.IsSuperseded
            ? new FeedEvent.Superseded(commit.Position, commit.Entry.MerchantId, merchant)
            : new FeedEvent.Committed(commit.Position, commit, merchant);
    }

    private bool NeedsPageList(FeedCommit commit) => commit.IsSuperseded || (request.IncludesPageLists && request.Filter.Selects(commit.Commit!));
}
