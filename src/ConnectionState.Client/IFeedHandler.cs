using ConnectionStateService.V1;

namespace ConnectionStateService.Client;

/// <summary>
/// Handles what a <see cref="FeedProcessor"/> receives: in order within a partition, partitions in parallel. After a crash or a move to another instance,
/// the same may come again: its commit id tells.
/// </summary>
public interface IFeedHandler
{
    /// <summary>
    /// Handles a commit. An exception has it called again, unless <see cref="OnFailure"/> skips the commit. While a call does not return, the other partitions
    /// go on only until 32 messages are queued for this one.
    /// </summary>
    Task OnCommitAsync(WatchFeedResponse.Types.Commit commit, CancellationToken cancellationToken);

    /// <summary>
    /// Handles the page list of a merchant whose changes are not known: a part of a snapshot, or a commit whose changes are no longer kept. Does nothing by
    /// default.
    /// </summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="pageList">Its page list, or null if its record cannot be read.</param>
    /// <param name="commitId">The id of its newest commit.</param>
    /// <param name="cancellationToken">Canceled when the partition must not be processed any more.</param>
    Task OnPageListAsync(string merchantId, PageList? pageList, string commitId, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called before a snapshot of a partition: forget what is known of its merchants. Does nothing by default.</summary>
    Task OnResetAsync(int partition, WatchFeedResponse.Types.Reset.Types.Reason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Tells that <see cref="OnCommitAsync"/> failed, and decides whether to skip the commit. By default it is never skipped: the partition waits
    /// until the handler succeeds, and the others go on. If this throws, the commit is not skipped.
    /// </summary>
    /// <param name="commit">The commit.</param>
    /// <param name="failure">The exception.</param>
    /// <param name="attempts">How often the handler has failed with it.</param>
    /// <returns>True to skip the commit.</returns>
    bool OnFailure(WatchFeedResponse.Types.Commit commit, Exception failure, int attempts) => false;
}
