using ConnectionStateService.Store.Records;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Sends a commit to its script. Scripts/commit.lua documents the arguments.</summary>
internal static class RedisCommit
{
    public static Task<RedisResult> EvaluateAsync(IDatabase database, CommitRequest request, int keptCommits)
    {
        var (record, commit, claim) = (request.Record, request.Commit, request.Claim);
        var id = record.MerchantId;
        var partition = RedisKeys.PartitionOf(id);
        return database.ScriptEvaluateAsync(
            RedisScripts.Commit,
            [RedisKeys.Merchant(partition, id), RedisKeys.Changes(partition, id), RedisKeys.Due(partition), RedisKeys.Claims(partition)],
            [
                RedisRecord.PositionLine(request.Expected.Position),
                RedisRecord.Encode(record, commit.Id),
                record.Revision,
                RecordCodec.Encode(id, commit),
                keptCommits,
                RedisDueQueue.ToArgument(request.Deadline),
                id,
                claim is null ? "" : RedisClaims.Encode(claim),
                claim?.GrantedAt.ToUnixTimeMilliseconds() ?? 0,
                (string)RedisKeys.Channel(partition)!,
                RedisNotifications.MessageOf(request),
            ],
            CommandFlags.DemandMaster);
    }
}
