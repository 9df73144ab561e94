namespace ConnectionStateService.Core;

/// <summary>
/// A place in a merchant's history. The revision alone would not do: a store that was put back to an older copy hands out the same
/// revisions again, with other commits.
/// </summary>
/// <param name="Revision">The revision; 0: before everything.</param>
/// <param name="CommitId">The id of the commit with that revision; 0 at revision 0.</param>
public readonly record struct HistoryPosition(long Revision, ulong CommitId);
