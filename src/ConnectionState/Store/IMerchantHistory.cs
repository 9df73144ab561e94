using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>Reads and follows the commits of merchants.</summary>
internal interface IMerchantHistory
{
    /// <summary>Reads the commits after a revision, oldest first. Old commits are trimmed.</summary>
    /// <exception cref="RecordUnreadableException">A history entry is damaged or has an unknown schema.</exception>
    ValueTask<ImmutableArray<Commit>> ReadCommitsAsync(
        string merchantId, long afterRevision, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the current positions of merchants, in the order of <paramref name="merchantIds"/>. A position is null if the shard of that
    /// merchant does not answer while another shard does.
    /// </summary>
    ValueTask<ImmutableArray<HistoryPosition?>> ReadPositionsAsync(ImmutableArray<string> merchantIds, CancellationToken cancellationToken);

    /// <summary>Subscribes to commits, until the returned object is disposed.</summary>
    /// <param name="onCommit">
    /// Receives the merchant of each commit soon after it is stored. Notifications are hints: they may be duplicated, late or lost. The
    /// callback must not block.
    /// </param>
    /// <param name="onMissed">Called after notifications may have been lost, once they are received again.</param>
    IDisposable Subscribe(Action<string> onCommit, Action onMissed);
}
