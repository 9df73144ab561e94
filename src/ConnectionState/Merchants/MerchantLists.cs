using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;

namespace ConnectionStateService.Merchants;

/// <summary>A page of a list.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="Next">After what the next page begins, or null if the list has ended.</param>
/// <param name="Unreadable">How many merchants were left out because their records are unreadable.</param>
internal sealed record ListPage<TEntry, TPlace>(IReadOnlyList<TEntry> Entries, TPlace? Next, int Unreadable = 0) where TPlace : struct;

/// <summary>An id after which a page begins.</summary>
internal readonly record struct AfterMerchant(string Id);

/// <summary>A merchant of a partition after which a page begins.</summary>
internal readonly record struct AfterExported(int Partition, string Id);

/// <summary>A connection of a merchant at a revision.</summary>
internal readonly record struct ListedConnection(MerchantRecord Merchant, Connection Connection);

/// <summary>
/// Lists and counts connections and merchants of the whole store. The index says where to look; what is returned comes from the records, so that each
/// entry is true at its revision.
/// </summary>
internal sealed class MerchantLists(IFleetIndex index, MerchantQueries merchants, Instruments instruments)
{
    // How many merchants are read at once where most of them may not match.
    private const int ScannedAtOnce = 100;

    // How many merchants with candidates are read at once.
    private const int ExportedAtOnce = 32;

    // The maximum number of merchants that are scanned for one page.
    private const int ScannedAtMost = 1_000;

    /// <summary>Counts the listed connections.</summary>
    public async Task<ImmutableDictionary<ListedKind, long>> CountAsync(CancellationToken cancellationToken) => await index.ReadTallyAsync(cancellationToken);

    /// <summary>Counts the losses by day.</summary>
    public async Task<ImmutableDictionary<LossDay, long>> CountLossesAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        await index.ReadLossesAsync(from, to, cancellationToken);

    /// <summary>Lists lost connections, those that have been in their state longest first.</summary>
    public async Task<ListPage<ListedConnection, LostConnection>> ListBySinceAsync(
        ConnectionFilter filter, LostConnection? after, int pageSize, CancellationToken cancellationToken)
    {
        var begin = after ?? new LostConnection(filter.Since?.ToUnixTimeMilliseconds() ?? 0, "", "", default);
        var found = await index.ReadLostAsync(filter.LostKinds(), begin, pageSize, cancellationToken);
        var (records, unreadable) = await ReadAsync(found.Select(lost => lost.MerchantId), cancellationToken);

        var (entries, hasMoved) = (new SortedDictionary<LostConnection, ListedConnection>(), false);
        foreach (var lost in found)
        {
            if (records.GetValueOrDefault(lost.MerchantId) is { } record
                && record.Find(new PageRef(lost.Kind.Provider, lost.PageId)) is { } connection
                && filter.Matches(connection))
            {
                // One that has entered another state since the index was read may be in the index again after this page.
                var place = LostConnection.Of(record.MerchantId, connection);
                if (place.CompareTo(found[^1]) > 0)
                {
                    hasMoved = true;
                }
                else
                {
                    entries[place] = new(record, connection);
                }
            }
        }

        return new([.. entries.Values], found.Length == pageSize || hasMoved ? found[^1] : null, unreadable);
    }

    /// <summary>Lists connections by merchant id. All of a merchant are in one page.</summary>
    public async Task<ListPage<ListedConnection, AfterMerchant>> ListByMerchantAsync(
        ConnectionFilter filter, string after, int pageSize, CancellationToken cancellationToken)
    {
        var (entries, unreadable) = (new List<ListedConnection>(), 0);
        var found = await index.ReadMerchantIdsAsync("", after, ScannedAtMost, cancellationToken);
        foreach (var ids in found.Chunk(ScannedAtOnce))
        {
            var (records, _) = await ReadAsync(ids, cancellationToken);
            foreach (var id in ids)
            {
                var record = records.GetValueOrDefault(id);
                ListedConnection[] matching =
                    [.. record?.Connections.Where(filter.Matches).Select(connection => new ListedConnection(record, connection)) ?? []];
                if (entries.Count > 0 && entries.Count + matching.Length > pageSize)
                {
                    return new(entries, new AfterMerchant(after), unreadable);
                }

                entries.AddRange(matching);
                unreadable += record is null ? 1 : 0;
                after = id;
            }
        }

        return new(entries, found.Length == ScannedAtMost ? new AfterMerchant(after) : null, unreadable);
    }

    /// <summary>Lists merchants by id, with their records if they are asked for. The record of an unreadable merchant is null.</summary>
    public async Task<ListPage<(string Id, MerchantRecord? Record), AfterMerchant>> ListMerchantsAsync(
        string prefix, string after, bool withRecords, int pageSize, CancellationToken cancellationToken)
    {
        var ids = await index.ReadMerchantIdsAsync(prefix, after, pageSize, cancellationToken);
        var records = withRecords ? (await ReadAsync(ids, cancellationToken)).Records : [];
        return new(
            [.. ids.Select(id => (id, records.GetValueOrDefault(id))).Where(merchant => !IsGone(merchant.Item2))],
            ids.Length == pageSize ? new AfterMerchant(ids[^1]) : null);
    }

    // Erased since the directory was read, or about to be.
    private static bool IsGone(MerchantRecord? record) => record is { Revision: 0 } or { IsErased: true };

    /// <summary>
    /// Reads the merchants of partitions with their candidates, by partition and id, and stops after about a number of bytes. The record of an unreadable
    /// merchant is null.
    /// </summary>
    public async Task<ListPage<(AfterExported Place, MerchantRecord? Record), AfterExported>> ExportAsync(
        IReadOnlyList<int> partitions, AfterExported? after, int pageSize, int maxBytes, CancellationToken cancellationToken)
    {
        var found = new List<AfterExported>();
        foreach (var partition in partitions.Where(partition => after is null || partition >= after.Value.Partition))
        {
            var begin = after?.Partition == partition ? after.Value.Id : "";
            var ids = await index.ReadDirectoryAsync(partition, begin, pageSize - found.Count, cancellationToken);
            found.AddRange(ids.Select(id => new AfterExported(partition, id)));
            if (found.Count == pageSize)
            {
                break;
            }
        }

        // Candidates may be megabytes: no more is read than a page takes.
        var (entries, size) = (new List<(AfterExported Place, MerchantRecord? Record)>(), 0);
        foreach (var chunk in found.Chunk(ExportedAtOnce))
        {
            var (records, _) = await ReadAsync(chunk.Select(place => place.Id), MerchantParts.Candidates, cancellationToken);
            entries.AddRange(chunk.Select(place => (place, records.GetValueOrDefault(place.Id))).Where(merchant => !IsGone(merchant.Item2)));
            size += records.Values.Sum(record => RecordSize.OfPageList(record) + RecordSize.OfCandidates(record));
            if (size > maxBytes && chunk[^1] != found[^1])
            {
                return new(entries, chunk[^1]);
            }
        }

        return new(entries, found.Count == pageSize ? found[^1] : null);
    }

    private Task<(Dictionary<string, MerchantRecord> Records, int Unreadable)> ReadAsync(
        IEnumerable<string> merchantIds, CancellationToken cancellationToken) => ReadAsync(merchantIds, MerchantParts.PageList, cancellationToken);

    private async Task<(Dictionary<string, MerchantRecord> Records, int Unreadable)> ReadAsync(
        IEnumerable<string> merchantIds, MerchantParts parts, CancellationToken cancellationToken)
    {
        var read = await merchants.ReadManyAsync([.. merchantIds.Distinct(StringComparer.Ordinal)], parts, cancellationToken);
        var unreadable = read.Count(merchant => merchant.Merchant is null);
        instruments.UnreadableRecords.Add(unreadable);
        return (read.Select(merchant => merchant.Merchant?.Record).OfType<MerchantRecord>()
            .ToDictionary(record => record.MerchantId, StringComparer.Ordinal), unreadable);
    }
}
