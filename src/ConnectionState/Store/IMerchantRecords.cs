using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>Reads merchants' records and commits changes to them.</summary>
internal interface IMerchantRecords
{
    /// <summary>
    /// Returns the cached merchant, or null. It may be stale: use it only as the base of a conditional commit. Parts of it may not be loaded.
    /// </summary>
    /// <remarks>A store without a cache always returns null.</remarks>
    StoredMerchant? TryGetCached(string merchantId) => null;

    /// <summary>Reads a merchant from the store.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="parts">The parts to read beside the page list part. Others may be loaded too.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="RecordUnreadableException">A part that is read is damaged or has an unknown schema.</exception>
    ValueTask<StoredMerchant> ReadAsync(string merchantId, MerchantParts parts, CancellationToken cancellationToken);

    /// <summary>Reads several merchants from the store, together if it can.</summary>
    /// <param name="merchantIds">The merchants, each once.</param>
    /// <param name="parts">The parts to read beside the page list part. Others may be loaded too.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <returns>What was read of each, in the order of the ids. An unreadable one does not fail the others.</returns>
    /// <exception cref="StoreUnavailableException">At least one of them could not be read.</exception>
    ValueTask<ImmutableArray<MerchantRead>> ReadManyAsync(ImmutableArray<string> merchantIds, MerchantParts parts, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a commit that follows this one can be sent before this one is answered: the store gets both in the order of the calls, but for the first ones
    /// that a server gets. If it gets the one that follows first, it rejects it.
    /// </summary>
    bool KeepsOrder(CommitRequest request) => true;

    /// <summary>Stores a commit if the merchant has not changed since it was read.</summary>
    /// <exception cref="StoreUnavailableException">The store failed; the commit may or may not have been stored.</exception>
    /// <exception cref="RecordUnreadableException">The commit was not stored, and the current record is unreadable.</exception>
    ValueTask<CommitResult> CommitAsync(CommitRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Removes everything that is kept of a merchant whose record is erased: the record, its history, and what leads to it elsewhere. Nothing if the
    /// merchant has changed. Can be repeated after a failure, which may have removed a part.
    /// </summary>
    /// <param name="erased">The merchant as it was read.</param>
    /// <param name="cancellationToken">Cancels the call. The merchant may be removed nevertheless.</param>
    /// <returns>Whether nothing is kept of the merchant.</returns>
    ValueTask<bool> RemoveAsync(StoredMerchant erased, CancellationToken cancellationToken);
}

/// <summary>A merchant's record as stored.</summary>
/// <param name="Record">The record, or <see cref="MerchantRecord.Unknown"/> at revision 0 if nothing is stored.</param>
/// <param name="CommitId">The id of the last commit; 0 at revision 0.</param>
internal sealed record StoredMerchant(MerchantRecord Record, ulong CommitId) : Derivable
{
    /// <summary>The position of the last commit in the merchant's history.</summary>
    public HistoryPosition Position => new(Record.Revision, CommitId);
}

/// <summary>A merchant that was read with others.</summary>
/// <param name="Merchant">The merchant, or null if it is unreadable.</param>
/// <param name="Unreadable">Why it is unreadable, or null.</param>
internal readonly record struct MerchantRead(StoredMerchant? Merchant, RecordUnreadableException? Unreadable)
{
    /// <summary>Returns what a read returns, or why the merchant is unreadable.</summary>
    public static MerchantRead Of(Func<StoredMerchant> read)
    {
        try
        {
            return new(read(), Unreadable: null);
        }
        catch (RecordUnreadableException e)
        {
            return new(Merchant: null, e);
        }
    }
}

/// <summary>A conditional commit. It is stored completely or not at all.</summary>
/// <param name="Expected">The merchant that the decision is based on. The commit fails if the store has another position.</param>
/// <param name="Record">The new record.</param>
/// <param name="Commit">The new history entry.</param>
/// <param name="Deadline">When the merchant is due next, or null if never.</param>
/// <param name="Claim">The page that other merchants must release, or null. It is kept until it is settled.</param>
internal sealed record CommitRequest(
    StoredMerchant Expected, MerchantRecord Record, Commit Commit, DateTimeOffset? Deadline, Claim? Claim)
{
    /// <summary>The parts that <see cref="CommitResult.Current"/> must have, so that the command can be decided again.</summary>
    public MerchantParts Needs { get; init; } = MerchantParts.All;

    /// <summary>
    /// Whether the same pages are listed as before, with the same accounts. Most commits list the same, and every commit is asked: without a set.
    /// </summary>
    public bool ListsTheSame()
    {
        var (before, after) = (Expected.Record.Connections, Record.Connections);
        if (before.Length != after.Length)
        {
            return false;
        }

        for (var i = 0; i < before.Length; i++)
        {
            if (before[i].IsListed != after[i].IsListed || before[i].Page != after[i].Page || before[i].AccountId != after[i].AccountId)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Returns what the commit changes in the index of listed connections.</summary>
    public ImmutableArray<ListedChange> ListedChanges() => ListedChange.Between(Expected.Record, Record);

    /// <summary>
    /// Returns the number of history entries that the store must have after the commit: those that are kept, and those with remembered requests.
    /// </summary>
    public long HistoryToKeep(int keptCommits) =>
        Record.RequestSpan is { IsEmpty: false } span ? Math.Max(keptCommits, Record.Revision - span.From + 1) : keptCommits;
}

/// <summary>The result of a conditional commit.</summary>
/// <param name="Succeeded">True if the commit is stored durably; false if the merchant had changed.</param>
/// <param name="Current">The merchant as stored now: the new record, or the one that caused the conflict.</param>
internal readonly record struct CommitResult(bool Succeeded, StoredMerchant Current);
