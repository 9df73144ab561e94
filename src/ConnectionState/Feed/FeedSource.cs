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

    /// <summary>The maximum number of merchants in a part of a snapshot.</summary>
    public const int SnapshotSize = 100;

    // The embedded store reads on the thread of its caller: so many merchants are worth another thread.
    private const int MerchantsPerThread = 16;

    private readonly ConcurrentDictionary<(int Lane, long From), Task<ImmutableArray<FeedEntry>>> reading = new();

    public int Lanes => feed.FeedLanes;

    public int LaneOf(int partition) => feed.FeedLanes == 1 ? 0 : partition;

    /// <summary>Reads what is kept of lanes, in their order; null for one whose server does not answer while that of another one does.</summary>
    public async Task<ImmutableArray<FeedSpan?>> ReadSpansAsync(ImmutableArray<int> lanes, CancellationToken cancellationToken) =>
        await feed.ReadFeedSpansAsync(lanes, cancellationToken);

    /// <summary>Reads what is kept of all lanes.</summary>
    public async Task<ImmutableArray<FeedSpan?>> ReadSpansAsync(CancellationToken cancellationToken) => await feed.ReadFeedSpansAsync(cancellationToken);

    /// <summary>Reads what is kept of a lane.</summary>
    /// <exception cref="StoreUnavailableException">Its server does not answer.</exception>
    public async Task<FeedSpan> ReadSpanAsync(int lane, CancellationToken cancellationToken) =>
        (await feed.ReadFeedSpansAsync([lane], cancellationToken))[0]
        ?? throw new StoreUnavailableException($"The server of lane {lane} of the feed does not answer.");

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

    /// <summary>Reads the commits of entries, in their order. The histories of all merchants are read at once.</summary>
    /// <param name="entries">The entries, each with its lane.</param>
    /// <param name="isWanted">Which of them are loaded. It is asked for the partition and the position of an entry.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<List<FeedCommit>> LoadAsync(
        IReadOnlyCollection<(int Lane, FeedEntry Entry)> entries, Func<int, PartitionPoint, bool> isWanted, CancellationToken cancellationToken)
    {
        var listed = entries.Select(e => (e.Lane, e.Entry, IsWanted: isWanted(e.Lane, new(Partition.Of(e.Entry.MerchantId), e.Entry.Point)))).ToList();
        var histories = await Task.WhenAll(listed.Where(e => e.IsWanted).GroupBy(e => e.Entry.MerchantId, StringComparer.Ordinal)
            .Select(group => ReadCommitsAsync(group.Key, [.. group.Select(e => e.Entry.Position.Revision)], cancellationToken)));
        var commits = histories.SelectMany(found => found).ToDictionary(found => (found.MerchantId, found.Commit.Id), found => found.Commit);
        return
        [
            .. listed.Select(e => new FeedCommit(
                e.Lane, e.Entry, e.IsWanted ? commits.GetValueOrDefault((e.Entry.MerchantId, e.Entry.Position.CommitId)) : null) { IsLoaded = e.IsWanted }),
        ];
    }

    /// <summary>Reads a merchant, with its page list alone; null if it is unreadable.</summary>
    public async Task<StoredMerchant?> ReadMerchantAsync(string merchantId)
    {
        try
        {
            return WithPageListOnly(await records.ReadAsync(merchantId, MerchantParts.PageList, CancellationToken.None));
        }
        catch (RecordUnreadableException e)
        {
            return Unreadable(merchantId, e);
        }
    }

    /// <summary>
    /// Reads the merchants of commits, all at once, and each merchant once: after the last of its commits. Returns a task for each commit, which has
    /// ended.
    /// </summary>
    public async Task<Task<StoredMerchant?>[]> ReadMerchantsAsync(IReadOnlyList<FeedCommit> commits, CancellationToken cancellationToken)
    {
        var last = new Dictionary<string, FeedCommit>(StringComparer.Ordinal);
        foreach (var commit in commits)
        {
            last[commit.Entry.MerchantId] = commit;
        }

        var read = await ReadAllAsync([.. last.Values], commit => commit.ReadMerchantAsync(ReadMerchantAsync), cancellationToken);
        var merchants = last.Keys.Zip(read).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
        return [.. commits.Select(commit => merchants[commit.Entry.MerchantId])];
    }

    /// <summary>Reads the ids of merchants of a partition after a merchant id, in their order.</summary>
    public async Task<ImmutableArray<string>> ReadDirectoryAsync(int partition, string after, int limit, CancellationToken cancellationToken) =>
        await index.ReadDirectoryAsync(partition, after, limit, cancellationToken);

    /// <summary>Reads merchants, all at once; null for one that is unreadable.</summary>
    public async Task<StoredMerchant?[]> ReadMerchantsAsync(ImmutableArray<string> ids, CancellationToken cancellationToken)
    {
        var read = await records.ReadManyAsync(ids, MerchantParts.PageList, cancellationToken);
        return [.. ids.Zip(read, (id, merchant) => merchant.Merchant is { } readable ? WithPageListOnly(readable) : Unreadable(id, merchant.Unreadable!))];
    }

    // Returns tasks that have ended.
    private static async Task<Task<StoredMerchant?>[]> ReadAllAsync<T>(
        T[] all, Func<T, Task<StoredMerchant?>> read, CancellationToken cancellationToken)
    {
        var groups = all.Chunk(MerchantsPerThread).ToArray();
        var started = groups.Length == 1
            ? [Array.ConvertAll(all, item => read(item))]
            : await Task.WhenAll(groups.Select(group => Task.Run(() => Array.ConvertAll(group, item => read(item)), cancellationToken)));
        Task<StoredMerchant?>[] tasks = [.. started.SelectMany(group => group)];
        await ((Task)Task.WhenAll(tasks)).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return tasks;
    }

    // The store may have loaded other parts too, which can be larger than all that a stream may keep.
    private static StoredMerchant WithPageListOnly(StoredMerchant merchant) => merchant.Record.Parts is MerchantParts.PageList
        ? merchant
        : merchant with
        {
            Record = merchant.Record with
            {
                RequestSpan = merchant.Record.RequestSpan,
                Sessions = [.. merchant.Record.Sessions.Select(session => session with { Candidates = default })],
            },
        };

    private StoredMerchant? Unreadable(string merchantId, RecordUnreadableException e)
    {
        instruments.UnreadableRecords.Add(1);
        Log.MerchantUnreadable(logger, merchantId, e);
        return null;
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
