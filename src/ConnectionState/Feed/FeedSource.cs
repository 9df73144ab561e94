using System.Collections.Concurrent;
using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;

namespace ConnectionStateService.Feed;

/// <summary>Reads the feed, and the commits and merchants that it names.</summary>
internal sealed partial class FeedSource(
    IFeed feed, IFleetIndex index, IMerchantHistory history, IMerchantRecords records, Instruments instruments, ILogger<FeedSource> logger)
{
    /// <summary>The number of entries that are read at a time.</summary>
    public const int PageSize = 256;

    /// <summary>The number of merchants in a part of a snapshot.</summary>
    public const int SnapshotSize = 100;

    private readonly ConcurrentDictionary<(int Lane, long From), Task<ImmutableArray<FeedEntry>>> reading = new();

    public int Lanes => feed.FeedLanes;

    public int LaneOf(int partition) => feed.FeedLanes == 1 ? 0 : partition;

    public async Task<ImmutableArray<FeedSpan?>> ReadSpansAsync(CancellationToken cancellationToken) => await feed.ReadFeedSpansAsync(cancellationToken);

    /// <summary>Reads a page of entries. It has all that are stored when it is called.</summary>
    public async Task<ImmutableArray<FeedEntry>> ReadEntriesAsync(int lane, long from, CancellationToken cancellationToken) =>
        await feed.ReadFeedAsync(lane, from, PageSize + 1, cancellationToken);

    /// <summary>
    /// Reads a page of entries. Callers that ask for the same page at the same time share the read, which may have begun before the newest entries were
    /// stored.
    /// </summary>
    public async Task<ImmutableArray<FeedEntry>> ReadSharedEntriesAsync(int lane, long from, CancellationToken cancellationToken)
    {
        // Not canceled with one of its callers.
        var read = reading.GetOrAdd((lane, from), key => feed.ReadFeedAsync(key.Lane, key.From, PageSize + 1, CancellationToken.None).AsTask());
        try
        {
            return await read.WaitAsync(cancellationToken);
        }
        finally
        {
            reading.TryRemove(new((lane, from), read));
        }
    }

    /// <summary>Returns the entry with a number, or null if it is not kept.</summary>
    public async Task<FeedEntry?> FindEntryAsync(int lane, long number, CancellationToken cancellationToken) =>
        await feed.ReadFeedAsync(lane, number, 1, cancellationToken) is [var entry] && entry.Number == number ? entry : null;

    /// <summary>Reads the commits of entries, in their order.</summary>
    public async Task<List<FeedCommit>> LoadAsync(int lane, IReadOnlyCollection<FeedEntry> entries, CancellationToken cancellationToken)
    {
        var histories = await Task.WhenAll(entries.GroupBy(entry => entry.MerchantId, StringComparer.Ordinal)
            .Select(group => ReadCommitsAsync(group.Key, [.. group.Select(entry => entry.Position.Revision)], cancellationToken)));
        var commits = histories.SelectMany(found => found).ToDictionary(found => (found.MerchantId, found.Commit.Id), found => found.Commit);
        return [.. entries.Select(entry => new FeedCommit(lane, entry, commits.GetValueOrDefault((entry.MerchantId, entry.Position.CommitId))))];
    }

    /// <summary>Reads a merchant; null if it is unreadable.</summary>
    public async Task<StoredMerchant?> ReadMerchantAsync(string merchantId)
    {
        try
        {
            return await records.ReadAsync(merchantId, MerchantParts.PageList, CancellationToken.None);
        }
        catch (RecordUnreadableException e)
        {
            instruments.UnreadableRecords.Add(1);
            Log.MerchantUnreadable(logger, merchantId, e);
            return null;
        }
    }

    /// <summary>Reads merchants of a partition after a merchant id.</summary>
    public async Task<ImmutableArray<(string Id, StoredMerchant? Merchant)>> ReadMerchantsAsync(
        int partition, string after, CancellationToken cancellationToken)
    {
        var ids = await index.ReadDirectoryAsync(partition, after, SnapshotSize, cancellationToken);
        return [.. await Task.WhenAll(ids.Select(async id => (id, await ReadMerchantAsync(id))))];
    }

    private async Task<IEnumerable<(string MerchantId, Commit Commit)>> ReadCommitsAsync(
        string merchantId, long[] revisions, CancellationToken cancellationToken)
    {
        try
        {
            // The revisions follow each other, unless the merchant was put back to an earlier state in between.
            var (first, last) = (revisions.Min(), revisions.Max());
            var limit = (int)Math.Min(last - first + 1, PageSize + 1);
            var commits = await history.ReadCommitsAsync(merchantId, first - 1, limit, cancellationToken);
            return commits.Select(commit => (merchantId, commit));
        }
        catch (RecordUnreadableException e)
        {
            instruments.UnreadableRecords.Add(1);
            Log.HistoryUnreadable(logger, merchantId, e);
            return [];
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4101, LogLevel.Error, "Cannot read merchant {Merchant} for the feed. Its streams get no page list of it.")]
        public static partial void MerchantUnreadable(ILogger logger, string merchant, Exception exception);

        [LoggerMessage(4102, LogLevel.Error, "Cannot read the history of merchant {Merchant} for the feed. Its streams get the page list instead of the changes.")]
        public static partial void HistoryUnreadable(ILogger logger, string merchant, Exception exception);
    }
}
