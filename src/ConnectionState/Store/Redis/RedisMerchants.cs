using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Reads merchants and commits changes of them. A merchant that is cached is not read again: its position in the store is compared, which
/// tells whether it has changed.
/// </summary>
internal sealed class RedisMerchants(RedisConnection connection, MerchantCache cache, int keptCommits)
{
    // A session that begins between two commands of a read makes a third one necessary.
    private const int MaxReads = 10;

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
            var read = await ReadPartsAsync(merchantId, parts, cancellationToken);
            cache.Set(read);
            return read;
        });
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
            db => RedisCommit.EvaluateAsync(db, request, keptCommits), cancellationToken, merchantId);
        if (reply.Resp2Type is ResultType.Integer)
        {
            var stored = new StoredMerchant(request.Record, request.Commit.Id);
            cache.SetCommitted(stored);
            return new CommitResult(true, stored);
        }

        var current = await EvictIfUnreadableAsync(merchantId, () => Task.FromResult(Decode(merchantId, (RedisValue[])reply!, request.Needs)));
        cache.Set(current);
        return new CommitResult(
            false,
            current.Record.Parts.HasFlag(request.Needs) ? current : await ReadAsync(merchantId, request.Needs, cancellationToken));
    }

    /// <summary>
    /// Loads the candidates of a merchant that was read without them. If the merchant has changed since, returns it as it is now: candidates are
    /// those of the commit that the rest is of.
    /// </summary>
    public async Task<StoredMerchant> WithCandidatesAsync(StoredMerchant read, MerchantParts parts, CancellationToken cancellationToken)
    {
        var merchantId = read.Record.MerchantId;
        for (var reads = 1; !read.Record.Parts.HasFlag(MerchantParts.Candidates); reads++)
        {
            string[] sessions = [.. SessionsWithoutCandidates(read)];
            var values = await ReadCandidatesAsync(read, sessions, cancellationToken);
            read = values[0] == 1 ? Decode(merchantId, [values[1], values[2]], parts) : read;
            if (!SessionsWithoutCandidates(read).Except(sessions).Any())
            {
                return WithCandidates(read, sessions.Zip(values[3..]).ToDictionary());
            }

            if (reads == MaxReads)
            {
                throw new StoreUnavailableException("The merchant began sessions all the time while its candidates were read.");
            }
        }

        return read;
    }

    private async Task<StoredMerchant> ReadPartsAsync(string merchantId, MerchantParts parts, CancellationToken cancellationToken)
    {
        var read = Decode(merchantId, await ReadValuesAsync(merchantId, parts, cancellationToken), parts);
        return parts.HasFlag(MerchantParts.Candidates) ? await WithCandidatesAsync(read, parts, cancellationToken) : read;
    }

    // The page list part, and the remembered requests if they are asked for: at once, so that they belong together.
    private async Task<RedisValue[]> ReadValuesAsync(string merchantId, MerchantParts parts, CancellationToken cancellationToken)
    {
        var partition = RedisKeys.PartitionOf(merchantId);
        var key = RedisKeys.Merchant(partition, merchantId);
        return parts.HasFlag(MerchantParts.Requests)
            ? (RedisValue[])(await connection.ExecuteAsync(
                db => db.ScriptEvaluateAsync(
                    RedisScripts.Read, [key, RedisKeys.Requests(partition, merchantId)], flags: CommandFlags.DemandMaster),
                cancellationToken,
                merchantId))!
            : [await connection.ExecuteAsync(db => db.StringGetAsync(key, CommandFlags.DemandMaster), cancellationToken, merchantId)];
    }

    private static StoredMerchant Decode(string merchantId, RedisValue[] values, MerchantParts parts)
    {
        var stored = RedisRecord.Decode(merchantId, (byte[]?)values[0]);
        return parts.HasFlag(MerchantParts.Requests) && !stored.Record.Parts.HasFlag(MerchantParts.Requests)
            ? stored with { Record = RecordCodec.WithRequests(stored.Record, (byte[]?)values[1]) }
            : stored;
    }

    private static IEnumerable<string> SessionsWithoutCandidates(StoredMerchant stored) =>
        stored.Record.Sessions.Where(s => !s.HasCandidates).Select(s => s.Id);

    private async Task<RedisValue[]> ReadCandidatesAsync(StoredMerchant read, string[] sessions, CancellationToken cancellationToken)
    {
        var merchantId = read.Record.MerchantId;
        var partition = RedisKeys.PartitionOf(merchantId);
        RedisKey[] keys =
        [
            RedisKeys.Merchant(partition, merchantId),
            RedisKeys.Requests(partition, merchantId),
            .. sessions.Select(session => RedisKeys.Candidates(partition, merchantId, session)),
        ];
        return (RedisValue[])(await connection.ExecuteAsync(
            db => db.ScriptEvaluateAsync(
                RedisScripts.ReadCandidates, keys, [RedisRecord.PositionLine(read.Position)], CommandFlags.DemandMaster),
            cancellationToken,
            merchantId))!;
    }

    private static StoredMerchant WithCandidates(StoredMerchant stored, Dictionary<string, RedisValue> candidates)
    {
        var record = stored.Record;
        foreach (var session in record.Sessions.Where(s => !s.HasCandidates))
        {
            var bytes = (byte[]?)candidates[session.Id]
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
