using System.Collections.Immutable;
using System.Globalization;
using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Reads merchants and commits changes of them. A merchant that is cached is not read again: its position in the store is compared, which
/// tells whether it has changed.
/// </summary>
internal sealed class RedisMerchants(RedisConnection connection, MerchantCache cache, StoreOptions options)
{
    // A session that begins, or a history that is replaced, between two commands of a read makes a third one necessary.
    private const int MaxReads = 10;

    // All that may have remembered requests, and those that were committed since the merchant was read.
    private const int MaxEntries = RetentionOptions.RequestCommits + 100;

    // Most merchants are changed less often than this in a day. Their requests are read with the page list part, in one round trip.
    private const int NewestEntries = 16;

    // The server does nothing else for about 0.3 ms while it runs such a command.
    private const int MerchantsPerCommand = 128;

    /// <summary>Reads a merchant.</summary>
    public async Task<StoredMerchant> ReadAsync(string merchantId, MerchantParts parts, CancellationToken cancellationToken)
    {
        if (cache.TryGetCached(merchantId) is { } cached
            && cached.Position != default
            && cached.Record.Parts.HasFlag(parts)
            && await ReadPositionAsync(merchantId, cancellationToken) == cached.Position)
        {
            return cached;
        }

        return await EvictIfUnreadableAsync(merchantId, async () =>
        {
            var read = !parts.HasFlag(MerchantParts.Requests) ? await ReadPageListAsync(merchantId, cancellationToken)
                : cache.FindEarlier(merchantId) is { } earlier ? await TryLoadAsync(earlier, parts, earlier, cancellationToken)
                : await ReadWithNewestRequestsAsync(merchantId, cancellationToken);
            read = await LoadAsync(read, parts, earlier: null, cancellationToken);
            cache.Set(read);
            return read;
        });
    }

    /// <summary>
    /// Reads several merchants by few commands. Those that are not cached are not added to the cache: a list of all merchants would replace the ones that are in
    /// use.
    /// </summary>
    public async Task<ImmutableArray<MerchantRead>> ReadManyAsync(
        ImmutableArray<string> merchantIds, MerchantParts parts, CancellationToken cancellationToken)
    {
        var read = await Task.WhenAll(connection.ChunkForScripts(merchantIds, MerchantsPerCommand).Select(group => ReadGroupAsync(group, cancellationToken)));
        var merchants = read.SelectMany(group => group).ToDictionary(StringComparer.Ordinal);
        return [.. await Task.WhenAll(merchantIds.Select(id => WithPartsAsync(id, merchants[id], parts, cancellationToken)))];
    }

    /// <summary>Reads the position of a merchant; <see cref="RedisRecord.Unreadable"/> if its record has none.</summary>
    public async Task<HistoryPosition> ReadPositionAsync(string merchantId, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Merchant(RedisKeys.PartitionOf(merchantId), merchantId);
        var start = await connection.ExecuteAsync(
            db => db.StringGetRangeAsync(key, 0, RedisRecord.MaxPositionLength - 1, CommandFlags.DemandMaster), cancellationToken, merchantId);
        return RedisRecord.DecodePosition((byte[]?)start);
    }

    /// <summary>Stores a commit if the merchant has not changed since it was read.</summary>
    public async Task<CommitResult> CommitAsync(CommitRequest request, CancellationToken cancellationToken)
    {
        var merchantId = request.Record.MerchantId;
        var reply = await connection.ExecuteAsync(
            db => RedisCommit.EvaluateAsync(db, request, options), cancellationToken, merchantId);
        if (reply.Resp2Type is ResultType.Integer)
        {
            var stored = new StoredMerchant(request.Record, request.Commit.Id);
            cache.SetCommitted(stored);
            return new CommitResult(true, stored);
        }

        var current = await EvictIfUnreadableAsync(merchantId, async () =>
        {
            var read = RedisRecord.Decode(merchantId, (byte[]?)((RedisValue[])reply!)[0]);
            return await LoadAsync(read, request.Needs, request.Expected, cancellationToken);
        });
        cache.Set(current);
        return new CommitResult(false, current);
    }

    /// <summary>Removes what the partition keeps of a merchant whose record is erased. Returns false if the merchant has changed.</summary>
    public async Task<bool> RemoveAsync(StoredMerchant erased, CancellationToken cancellationToken)
    {
        var id = erased.Record.MerchantId;
        var partition = RedisKeys.PartitionOf(id);
        RedisKey[] keys =
        [
            RedisKeys.Merchant(partition, id), RedisKeys.Changes(partition, id), RedisKeys.Due(partition), RedisKeys.Claims(partition),
            RedisKeys.Merchants(partition),
        ];
        RedisValue[] values =
        [
            RedisRecord.PositionLine(erased.Position), id, RedisKeys.ChannelName(partition), RedisNotifications.MessageOfRemoval(id),
            .. erased.Record.Connections.Select(c => (RedisValue)RedisKeys.PageEntry(c.Page, id)),
        ];
        var reply = await connection.ExecuteAsync(
            db => RedisScripts.RemoveRecord.EvaluateAsync(db, keys, values), cancellationToken, id);
        cache.Remove(id);
        return (long)reply == 1;
    }

    /// <summary>
    /// Loads parts of a merchant that was read without them. If the merchant has changed since, returns it as it is now: the parts are those of one
    /// commit.
    /// </summary>
    /// <param name="read">The merchant as it was read.</param>
    /// <param name="parts">The parts to load.</param>
    /// <param name="earlier">The merchant at another time, or null. If its requests are loaded, only the history since then is read.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    public async Task<StoredMerchant> LoadAsync(
        StoredMerchant read, MerchantParts parts, StoredMerchant? earlier, CancellationToken cancellationToken)
    {
        for (var reads = 0; !read.Record.Parts.HasFlag(parts); reads++)
        {
            if (reads == MaxReads)
            {
                throw new StoreUnavailableException("The merchant changed all the time while its parts were read.");
            }

            // If the earlier merchant does not lead to this one, it does not help the second time either.
            read = await TryLoadAsync(read, parts, reads == 0 ? earlier : null, cancellationToken);
        }

        return read;
    }

    private async Task<StoredMerchant> ReadPageListAsync(string merchantId, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Merchant(RedisKeys.PartitionOf(merchantId), merchantId);
        var stored = await connection.ExecuteAsync(db => db.StringGetAsync(key, CommandFlags.DemandMaster), cancellationToken, merchantId);
        return RedisRecord.Decode(merchantId, (byte[]?)stored);
    }

    private async Task<KeyValuePair<string, MerchantRead>[]> ReadGroupAsync(string[] merchantIds, CancellationToken cancellationToken)
    {
        var cached = Array.ConvertAll(merchantIds, cache.TryGetCached);
        RedisResult[] reply;
        try
        {
            reply = (RedisResult[])(await connection.ExecuteAsync(
                db => RedisScripts.ReadMerchants.EvaluateAsync(
                    db,
                    [.. merchantIds.Select(id => RedisKeys.Merchant(RedisKeys.PartitionOf(id), id))],
                    [.. cached.Select(merchant => (RedisValue)RedisRecord.PositionLine(merchant?.Position ?? default))]),
                cancellationToken))!;
        }
        catch (StoreUnavailableException e) when (RedisErrors.IsOfMovingSlot(e) && merchantIds.Length > 1)
        {
            return [.. (await Task.WhenAll(merchantIds.Select(id => ReadGroupAsync([id], cancellationToken)))).SelectMany(read => read)];
        }

        return [.. merchantIds.Select((id, n) => KeyValuePair.Create(
            id, reply[n].Resp2Type is ResultType.Integer ? new MerchantRead(cached[n], Unreadable: null) : Decode(id, (byte[]?)reply[n], cached[n] is not null)))];
    }

    private MerchantRead Decode(string merchantId, byte[]? stored, bool isCached)
    {
        var read = MerchantRead.Of(() => RedisRecord.Decode(merchantId, stored));
        if (read.Merchant is null)
        {
            cache.Remove(merchantId);
        }
        else if (isCached)
        {
            cache.Set(read.Merchant);
        }

        return read;
    }

    // Few merchants have an open session, and with it candidates.
    private async Task<MerchantRead> WithPartsAsync(string merchantId, MerchantRead read, MerchantParts parts, CancellationToken cancellationToken)
    {
        if (read.Merchant is null || read.Merchant.Record.Parts.HasFlag(parts))
        {
            return read;
        }

        try
        {
            return new(await EvictIfUnreadableAsync(merchantId, () => LoadAsync(read.Merchant, parts, earlier: null, cancellationToken)), Unreadable: null);
        }
        catch (RecordUnreadableException e)
        {
            return new(Merchant: null, e);
        }
    }

    // Returns the merchant with its requests, if all that are remembered are among the newest entries of the history. Two commands that are sent
    // together: whether both replies are of the same commit shows in them.
    private async Task<StoredMerchant> ReadWithNewestRequestsAsync(string merchantId, CancellationToken cancellationToken)
    {
        var partition = RedisKeys.PartitionOf(merchantId);
        var (stored, newest) = await connection.ExecuteAsync(
            async db =>
            {
                var pageList = db.StringGetAsync(RedisKeys.Merchant(partition, merchantId), CommandFlags.DemandMaster);
                var entries = db.StreamRangeAsync(
                    RedisKeys.Changes(partition, merchantId), "-", "+", NewestEntries, Order.Descending, CommandFlags.DemandMaster);
                await Task.WhenAll(pageList, entries);
                return (await pageList, await entries);
            },
            cancellationToken,
            merchantId);
        var merchant = RedisRecord.Decode(merchantId, (byte[]?)stored);
        var requests = newest.Reverse().Where(entry => RevisionOf(entry) >= merchant.Record.RequestSpan.From);
        return RequestHistory.TryLoad(merchant, [.. requests.Select(entry => (byte[])entry.Values[0].Value!)]) ?? merchant;
    }

    // The id of an entry is "revision-0".
    private static long RevisionOf(StreamEntry entry) => long.Parse($"{entry.Id}".Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture);

    // Returns the merchant as it is now, with those of the parts that could be told from one reply.
    private async Task<StoredMerchant> TryLoadAsync(
        StoredMerchant read, MerchantParts parts, StoredMerchant? earlier, CancellationToken cancellationToken)
    {
        // Without requests of another time, all that are remembered are read.
        earlier = HasRequests(earlier) ? earlier : HasRequests(read) ? read : null;
        long? from = !parts.HasFlag(MerchantParts.Requests) ? null : earlier is null ? read.Record.RequestSpan.From : earlier.Position.Revision + 1;
        string[] sessions = parts.HasFlag(MerchantParts.Candidates) ? [.. SessionsWithoutCandidates(read)] : [];
        var reply = await ReadPartsAsync(read, from, sessions, cancellationToken);

        var hasChanged = (int)reply[0] == 1;
        var current = hasChanged ? RedisRecord.Decode(read.Record.MerchantId, (byte[]?)reply[1]) : read;
        if (from is not null && !HasRequests(current))
        {
            var entries = (byte[][])reply[2]!;
            current = earlier is not null ? RequestHistory.TryExtend(current, earlier, entries) ?? current
                : hasChanged ? RequestHistory.TryLoad(current, entries) ?? current
                : RequestHistory.Load(current, entries);
        }

        return parts.HasFlag(MerchantParts.Candidates) && !SessionsWithoutCandidates(current).Except(sessions).Any()
            ? WithCandidates(current, sessions.Zip(reply[3..].Select(value => (byte[]?)value)).ToDictionary())
            : current;
    }

    private async Task<RedisResult[]> ReadPartsAsync(StoredMerchant read, long? from, string[] sessions, CancellationToken cancellationToken)
    {
        var merchantId = read.Record.MerchantId;
        var partition = RedisKeys.PartitionOf(merchantId);
        RedisKey[] keys =
        [
            RedisKeys.Merchant(partition, merchantId),
            RedisKeys.Changes(partition, merchantId),
            .. sessions.Select(session => RedisKeys.Candidates(partition, merchantId, session)),
        ];
        RedisValue[] values = [RedisRecord.PositionLine(read.Position), from is { } revision ? revision : "", MaxEntries];
        return (RedisResult[])(await connection.ExecuteAsync(
            db => RedisScripts.ReadParts.EvaluateAsync(db, keys, values), cancellationToken, merchantId))!;
    }

    private static bool HasRequests(StoredMerchant? merchant) => merchant?.Record.Parts.HasFlag(MerchantParts.Requests) == true;

    private static IEnumerable<string> SessionsWithoutCandidates(StoredMerchant stored) =>
        stored.Record.Sessions.Where(s => !s.HasCandidates).Select(s => s.Id);

    private static StoredMerchant WithCandidates(StoredMerchant stored, Dictionary<string, byte[]?> candidates)
    {
        var record = stored.Record;
        foreach (var session in record.Sessions.Where(s => !s.HasCandidates))
        {
            var bytes = candidates[session.Id]
                ?? throw new RecordUnreadableException(record.MerchantId, $"the candidates of session '{session.Id}' are missing");
            record = record.With(RecordCodec.WithCandidates(record.MerchantId, session, bytes));
        }

        return stored with { Record = record };
    }

    // A commit on a cached record would overwrite the one that cannot be read.
    private async Task<StoredMerchant> EvictIfUnreadableAsync(string merchantId, Func<Task<StoredMerchant>> read)
    {
        try
        {
            return await read();
        }
        catch (RecordUnreadableException)
        {
            cache.Remove(merchantId);
            throw;
        }
    }
}
