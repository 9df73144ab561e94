using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>
/// Reads the page lists that the commits of a batch need: many at once and ahead of the reader, as far as they fit into
/// <see cref="FeedSize.MaxPageLists"/>. What does not fit is read again when it is needed.
/// </summary>
internal sealed class FeedPageLists(FeedSource source)
{
    private const int MaxAhead = 64;

    private readonly Dictionary<FeedCommit, StoredMerchant?> ahead = new(ReferenceEqualityComparer.Instance);
    private List<FeedCommit> batch = [];
    private int next;
    private int window = MaxAhead / 4;

    /// <summary>The size of the page lists that are read and not used yet, in bytes.</summary>
    public int Size { get; private set; }

    /// <summary>Begins a batch, and forgets what was read for the one before.</summary>
    /// <param name="commits">The commits that need a page list, in the order in which they will be asked for.</param>
    public void Begin(IEnumerable<FeedCommit> commits)
    {
        (batch, next, Size) = ([.. commits], 0, 0);
        ahead.Clear();
    }

    /// <summary>
    /// Returns the merchant of a commit of the batch, read after the commit. Null if it is unreadable, or has changed since and the commit can do without
    /// it.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It could not be read. The same commit can be asked for again.</exception>
    public async ValueTask<StoredMerchant?> ReadAsync(FeedCommit commit, CancellationToken cancellationToken)
    {
        if (ahead.Remove(commit, out var known))
        {
            Size -= FeedSize.Of(known);
            return known;
        }

        next = batch.FindIndex(next, candidate => ReferenceEquals(candidate, commit));
        var commits = batch.GetRange(next, Math.Min(window, batch.Count - next));
        var read = await source.ReadMerchantsAsync(commits, cancellationToken);
        var merchant = Needed(commit, await read[0]);
        var kept = 1;
        for (; kept < commits.Count && read[kept].IsCompletedSuccessfully; kept++)
        {
            var needed = Needed(commits[kept], await read[kept]);
            if (Size + FeedSize.Of(needed) > FeedSize.MaxPageLists)
            {
                break;
            }

            ahead[commits[kept]] = needed;
            Size += FeedSize.Of(needed);
        }

        next += kept;
        window = FeedSize.NextCount(commits.Count, kept, MaxAhead);
        return merchant;
    }

    // A commit is sent with the page list after it. One that is superseded is replaced by whatever is true now.
    private static StoredMerchant? Needed(FeedCommit commit, StoredMerchant? merchant) =>
        commit.IsSuperseded || commit.Commit!.Id == merchant?.CommitId ? merchant : null;
}
