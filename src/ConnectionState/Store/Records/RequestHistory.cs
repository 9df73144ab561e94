using ConnectionStateService.Core;

namespace ConnectionStateService.Store.Records;

/// <summary>What an entry of the history says about requests.</summary>
/// <param name="Position">The position of the commit.</param>
/// <param name="PreviousId">The id of the commit before it.</param>
/// <param name="Request">The request that made the commit, or null if it had no id.</param>
internal readonly record struct RequestEntry(HistoryPosition Position, ulong PreviousId, RememberedRequest? Request);

/// <summary>
/// Reads the remembered requests of a merchant from its history. Entries that are missing or do not follow one another are not skipped: a request
/// that is forgotten too early would be executed twice.
/// </summary>
internal static class RequestHistory
{
    /// <summary>Returns a merchant with its remembered requests loaded.</summary>
    /// <param name="merchant">The merchant.</param>
    /// <param name="entries">The history entries from the first revision of <see cref="MerchantRecord.RequestSpan"/> on; there may be others.</param>
    /// <exception cref="RecordUnreadableException">An entry is damaged, missing, or of another history.</exception>
    public static StoredMerchant Load(StoredMerchant merchant, IReadOnlyList<byte[]> entries) => TryLoad(merchant, entries)
        ?? throw new RecordUnreadableException(
            merchant.Record.MerchantId,
            $"the history does not have all commits that led to the merchant from revision {merchant.Record.RequestSpan.From} on, whose requests are remembered");

    /// <summary>Like <see cref="Load"/>, but returns null if an entry is missing or of another history.</summary>
    /// <exception cref="RecordUnreadableException">An entry is damaged.</exception>
    public static StoredMerchant? TryLoad(StoredMerchant merchant, IReadOnlyList<byte[]> entries)
    {
        if (merchant.Record.Parts.HasFlag(MerchantParts.Requests))
        {
            return merchant;
        }

        var from = merchant.Record.RequestSpan.From;
        var commits = Decode(merchant.Record.MerchantId, entries, from, merchant.Position.Revision);
        return commits.Count > 0 && commits[^1].Position == merchant.Position && Follow(commits, from, after: null)
            ? WithRequests(merchant, RequestLog.Empty, commits)
            : null;
    }

    /// <summary>
    /// Returns a merchant with its remembered requests: those that it had earlier, and those of the commits since then. Null if it did not come
    /// from there, or an entry is missing.
    /// </summary>
    /// <param name="current">The merchant.</param>
    /// <param name="earlier">The merchant at another position, with its requests.</param>
    /// <param name="entries">The history entries after that position; there may be others.</param>
    /// <exception cref="RecordUnreadableException">An entry is damaged.</exception>
    public static StoredMerchant? TryExtend(StoredMerchant current, StoredMerchant earlier, IReadOnlyList<byte[]> entries)
    {
        var after = earlier.Position;
        var commits = Decode(current.Record.MerchantId, entries, after.Revision + 1, current.Position.Revision);
        return Follow(commits, after.Revision + 1, after.CommitId) && (commits.Count == 0 ? after : commits[^1].Position) == current.Position
            ? WithRequests(current, earlier.Record.Requests, commits)
            : null;
    }

    // After a merchant was restored from an older copy, its history has newer entries than the merchant.
    private static List<RequestEntry> Decode(string merchantId, IReadOnlyList<byte[]> entries, long from, long to) =>
    [
        .. entries.Select(entry => RecordCodec.DecodeRequest(merchantId, entry))
            .Where(entry => entry.Position.Revision >= from && entry.Position.Revision <= to),
    ];

    private static bool Follow(List<RequestEntry> commits, long revision, ulong? after)
    {
        foreach (var commit in commits)
        {
            if (commit.Position.Revision != revision++ || (after is { } previous && commit.PreviousId != previous))
            {
                return false;
            }

            after = commit.Position.CommitId;
        }

        return true;
    }

    private static StoredMerchant WithRequests(StoredMerchant merchant, RequestLog earlier, List<RequestEntry> commits)
    {
        var span = merchant.Record.RequestSpan;
        var requests = commits.Select(commit => commit.Request).OfType<RememberedRequest>()
            .Aggregate(earlier, (log, request) => log.Add(request))
            .Since(span.From);
        return requests.Span.To == span.To
            ? merchant with { Record = merchant.Record with { Requests = requests } }
            : throw new RecordUnreadableException(
                merchant.Record.MerchantId, $"the newest request in the history has revision {requests.Span.To}, expected {span.To}");
    }
}
