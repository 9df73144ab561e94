using ConnectionStateService.Store.Records;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Sends a commit to its script. Scripts/commit.lua documents the arguments.</summary>
internal static class RedisCommit
{
    public static Task<RedisResult> EvaluateAsync(IDatabase database, CommitRequest request, StoreOptions options)
    {
        var (record, commit, claim) = (request.Record, request.Commit, request.Claim);
        var id = record.MerchantId;
        var partition = RedisKeys.PartitionOf(id);
        List<RedisKey> keys =
        [
            RedisKeys.Merchant(partition, id),
            RedisKeys.Changes(partition, id),
            RedisKeys.Due(partition),
            RedisKeys.Claims(partition),
            RedisKeys.Feed(partition),
        ];
        List<RedisValue> values =
        [
            RedisRecord.PositionLine(request.Expected.Position),
            RedisRecord.Encode(record, commit.Id),
            record.Revision,
            RecordCodec.Encode(id, commit),
            request.HistoryToKeep(options.KeptCommits),
            RedisDueQueue.ToArgument(request.Deadline),
            id,
            claim is null ? "" : RedisClaims.Encode(claim),
            claim?.GrantedAt.ToUnixTimeMilliseconds() ?? 0,
            RedisKeys.ChannelName(partition),
            RedisNotifications.MessageOf(request),
            options.KeptFeedCommits,
            0,
        ];
        var fixedKeys = keys.Count;
        var candidatesCount = values.Count - 1;
        foreach (var session in request.SessionsWithNewCandidates())
        {
            keys.Add(RedisKeys.Candidates(partition, id, session.Id));
            values.Add(RecordCodec.EncodeCandidates(id, session));
        }

        foreach (var sessionId in request.SessionsWithoutCandidates())
        {
            keys.Add(RedisKeys.Candidates(partition, id, sessionId));
            values.Add("");
        }

        values[candidatesCount] = keys.Count - fixedKeys;
        RedisIndex.Add(request, partition, keys, values);
        return RedisScripts.Commit.EvaluateAsync(database, [.. keys], [.. values]);
    }
}
