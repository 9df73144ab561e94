using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>One commit as the API returns it. Each change repeats the revision, time, actor and request id.</summary>
internal sealed record Entry(long Revision, DateTimeOffset At, string Actor, string RequestId, IReadOnlyList<Change> Changes)
{
    public override string ToString() => $"revision {Revision}, by '{Actor}' for '{RequestId}'";
}

/// <summary>All commits of a merchant and the resulting page list.</summary>
/// <param name="MerchantId">The merchant.</param>
/// <param name="Entries">The commits in history order.</param>
/// <param name="FinalList">The page list after them.</param>
internal sealed record MerchantHistory(string MerchantId, IReadOnlyList<Entry> Entries, PageList FinalList)
{
    private const int Attempts = 20;

    /// <summary>Reads a merchant's history after the last call has ended.</summary>
    /// <exception cref="InvalidOperationException">The history is trimmed, or keeps changing.</exception>
    public static async Task<MerchantHistory> ReadAsync(ConnectionStateClient client, string merchantId)
    {
        // An abandoned request may still be committed: the list must be the same before and after.
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var before = await ListAsync(client, merchantId);
            var changes = await ChangesAsync(client, merchantId);
            if (before.Equals(await ListAsync(client, merchantId)))
            {
                return new MerchantHistory(merchantId, [.. Commits(changes)], before);
            }
        }

        throw new InvalidOperationException($"The history of {merchantId} keeps changing.");
    }

    /// <summary>Groups changes into commits. Two groups with the same revision are two commits.</summary>
    public static IEnumerable<Entry> Commits(IEnumerable<Change> changes)
    {
        var commit = new List<Change>();
        foreach (var change in changes)
        {
            if (commit.Count > 0 && (commit[0].Revision != change.Revision || commit[0].RequestId != change.RequestId))
            {
                yield return Commit(commit);
                commit = [];
            }

            commit.Add(change);
        }

        if (commit.Count > 0)
        {
            yield return Commit(commit);
        }
    }

    private static Entry Commit(List<Change> changes) =>
        new(changes[0].Revision, changes[0].At.ToDateTimeOffset(), changes[0].Actor, changes[0].RequestId, changes);

    private static async Task<List<Change>> ChangesAsync(ConnectionStateClient client, string merchantId)
    {
        var changes = new List<Change>();
        ListChangesResponse found;
        var after = 0L;
        do
        {
            found = await client.Pages.ListChangesAsync(new() { MerchantId = merchantId, AfterRevision = after, Limit = 1_000 });
            if (found.Trimmed)
            {
                throw new InvalidOperationException($"The history of {merchantId} is trimmed: set Store:KeptCommits higher.");
            }

            changes.AddRange(found.Changes);
            after = found.LastRevision;
        }
        while (found.More);

        return changes;
    }

    private static async Task<PageList> ListAsync(ConnectionStateClient client, string merchantId) =>
        (await client.Pages.GetPageListAsync(new() { MerchantId = merchantId })).PageList;
}
