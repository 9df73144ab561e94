using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>A merchant as the store has it.</summary>
/// <param name="Record">The record; <see cref="MerchantRecord.Unknown"/> at revision 0 when nothing was ever stored.</param>
/// <param name="CommitId">The id of the last commit; 0 at revision 0.</param>
internal sealed record StoredMerchant(MerchantRecord Record, ulong CommitId)
{
    /// <summary>Where the merchant's history stands.</summary>
    public HistoryPosition Position => new(Record.Revision, CommitId);
}

/// <summary>What is to be stored as one: all of it or nothing.</summary>
/// <param name="Read">What the decision was made on; the commit is lost if the store has something else by now.</param>
/// <param name="Record">The record from now on.</param>
/// <param name="Commit">The entry of the merchant's history.</param>
/// <param name="Deadline">When the merchant is due next; none: never.</param>
/// <param name="Claim">The page that other merchants must give up, kept until it is settled.</param>
internal sealed record CommitRequest(
    StoredMerchant Read, MerchantRecord Record, Commit Commit, DateTimeOffset? Deadline, Claim? Claim);

/// <summary>How a commit ended.</summary>
/// <param name="Won">The commit is stored, durably.</param>
/// <param name="Current">What the store has now: the commit's record, or what others left.</param>
internal readonly record struct CommitResult(bool Won, StoredMerchant Current);

/// <summary>A merchant that has something due.</summary>
/// <param name="MerchantId">The merchant.</param>
/// <param name="Deadline">Since when it is due.</param>
internal readonly record struct DueMerchant(string MerchantId, DateTimeOffset Deadline);

/// <summary>
/// Keeps the merchants. All methods throw <see cref="StoreUnavailableException"/> when the store does not answer, and
/// those that read a record <see cref="RecordUnreadableException"/> when what is stored of the merchant cannot be read.
/// </summary>
internal interface IConnectionStore
{
    /// <summary>What the store is, where, and what an acknowledged commit survives, for the line printed at start.</summary>
    string Description { get; }

    /// <summary>Opens the store; called once, before anything else.</summary>
    /// <exception cref="StoreRefusedException">The store must not be used as it is.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Throws when the store could not serve now.</summary>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>The time by the store's clock, the only one that decides when something is due.</summary>
    ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// A merchant as this process last saw it, without asking; none: it is not remembered. It may be old, which a commit on it finds
    /// out. No answer may be made of it.
    /// </summary>
    StoredMerchant? TryGetCached(string merchantId);

    /// <summary>Reads a merchant.</summary>
    ValueTask<StoredMerchant> ReadAsync(string merchantId, CancellationToken cancellationToken);

    /// <summary>Stores a commit if the merchant is still as it was read. When it throws, the outcome is not known.</summary>
    ValueTask<CommitResult> CommitAsync(CommitRequest request, CancellationToken cancellationToken);

    /// <summary>Reads a merchant's history after a revision, oldest first.</summary>
    ValueTask<ImmutableArray<Commit>> ReadCommitsAsync(
        string merchantId, long afterRevision, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Where the histories of merchants stand, in one go and in the order that was asked for; none where the part of the store that has
    /// the merchant does not answer, as long as another does.
    /// </summary>
    ValueTask<ImmutableArray<HistoryPosition?>> ReadPositionsAsync(ImmutableArray<string> merchantIds, CancellationToken cancellationToken);

    /// <summary>
    /// Calls <paramref name="heard"/> with the merchant of each commit soon after it was stored, until the answer is disposed of. A
    /// hint: it may come twice, late or never, and must be dealt with at once. <paramref name="missed"/> is called when hints may have
    /// been lost, once they come again.
    /// </summary>
    IDisposable Listen(Action<string> heard, Action missed);

    /// <summary>The merchants that may have the page listed: a superset, ordered.</summary>
    ValueTask<ImmutableArray<string>> FindMerchantsAsync(PageRef page, CancellationToken cancellationToken);

    /// <summary>
    /// MerchantCommandHandler that are due by the store's clock, the longest due first; those that another process is at work on are left out for a
    /// while, and so may others be once there are enough.
    /// </summary>
    ValueTask<ImmutableArray<DueMerchant>> FindDueAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Moves the deadline of a due merchant without a commit, unless it has moved by itself.</summary>
    ValueTask RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken);

    /// <summary>Claims that wait to be settled and were made before a time, the oldest first.</summary>
    ValueTask<ImmutableArray<Claim>> FindClaimsAsync(DateTimeOffset grantedBefore, int limit, CancellationToken cancellationToken);

    /// <summary>Forgets a claim that was settled. A newer one of the same merchant to the same page stays.</summary>
    ValueTask RemoveClaimAsync(Claim claim, CancellationToken cancellationToken);
}
