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
    // A commit between two commands of a read makes the read begin again.
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

    private async Task<StoredMerchant> ReadPartsAsync(string merchantId, MerchantParts parts, CancellationToken cancellationToken)
    {
        for (var reads = 1; ; reads++)
        {
            var read = Decode(merchantId, await ReadValuesAsync(merchantId, parts, cancellationToken), parts);
            try
            {
                return parts.HasFlag(MerchantParts.Candidates) ? await WithCandidatesAsync(read, cancellationToken) : read;
            }
            catch (RecordUnreadableException) when (reads < MaxReads)
            {
                if (await ReadPositionAsync(merchantId, cancellationToken) == read.Position)
                {
                    throw;
                }
            }
        }
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

    private async Task<StoredMerchant> WithCandidatesAsync(StoredMerchant stored, CancellationToken cancellationToken)
    {
        if (stored.Record.Parts.HasFlag(MerchantParts.Candidates))
        {
            return stored;
        }

        var sessions = await Task.WhenAll(stored.Record.Sessions.Select(
            async s => s.HasCandidates ? s : await WithCandidatesAsync(stored.Record.MerchantId, s, cancellationToken)));
        return stored with { Record = stored.Record with { Sessions = [.. sessions] } };
    }

    private async Task<ConnectSession> WithCandidatesAsync(string merchantId, ConnectSession session, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Candidates(RedisKeys.PartitionOf(merchantId), merchantId, session.Id);
        byte[]? bytes = await connection.ExecuteAsync(
            db => db.StringGetAsync(key, CommandFlags.DemandMaster), cancellationToken, merchantId);
        return bytes is not null
            ? RecordCodec.WithCandidates(merchantId, session, bytes)
            : throw new RecordUnreadableException(merchantId, $"the candidates of session '{session.Id}' are missing");
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
