using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Store;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc;

/// <summary>A part of a merchant's history.</summary>
/// <param name="Changes">The changes, oldest first.</param>
/// <param name="LastRevision">The last revision that was looked at.</param>
/// <param name="More">There may be more after it.</param>
/// <param name="Trimmed">What came first after the revision that was asked for is no longer kept.</param>
internal sealed record FoundChanges(IReadOnlyList<Proto.Change> Changes, long LastRevision, bool More, bool Trimmed);

/// <summary>Reads a merchant's history, by page if need be.</summary>
internal sealed class ChangeReader(IConnectionStore store)
{
    private const int BatchSize = 256;

    /// <summary>Reads about <paramref name="limit"/> changes: a revision is never split.</summary>
    public async Task<FoundChanges> ReadAsync(
        string merchantId, PageRef? page, long afterRevision, int limit, CancellationToken cancellationToken)
    {
        var changes = new List<Proto.Change>();
        bool? trimmed = null;
        while (true)
        {
            var commits = await store.ReadCommitsAsync(merchantId, afterRevision, BatchSize, cancellationToken);
            trimmed ??= !commits.IsEmpty && commits[0].Revision > afterRevision + 1;
            foreach (var commit in commits)
            {
                var asked = commit with { Changes = [.. commit.Changes.Where(c => page is null || c.Page() == page)] };
                changes.AddRange(asked.ToProto());
                afterRevision = commit.Revision;
                if (changes.Count >= limit)
                {
                    return new FoundChanges(changes, afterRevision, commit != commits[^1] || commits.Length == BatchSize, trimmed.Value);
                }
            }

            if (commits.Length < BatchSize)
            {
                return new FoundChanges(changes, afterRevision, More: false, trimmed.Value);
            }
        }
    }
}
