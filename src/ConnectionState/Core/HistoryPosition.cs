namespace ConnectionStateService.Core;

/// <summary>
/// A position in a merchant's history. A revision alone is not enough: a store restored from an older copy assigns the same revisions
/// again to other commits.
/// </summary>
/// <param name="Revision">The revision, or 0 for the beginning of the history.</param>
/// <param name="CommitId">The id of the commit with that revision, or 0 at revision 0.</param>
public readonly record struct HistoryPosition(long Revision, ulong CommitId);
