using ConnectionStateService.Store.Records;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>A commit as the script takes it: Scripts/commit.lua says what each of its arguments is.</summary>
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
                RedisRecord.PlaceLine(request.Read.Position),
                RedisRecord.Encode(record, commit.Id),
                record.Revision,
                RecordCodec.Encode(id, commit),
                keptCommits,
                RedisDeadlines.Milliseconds(request.Deadline),
                id,
                claim is null ? "" : RedisDeadlines.NameOf(claim),
                claim?.GrantedAt.ToUnixTimeMilliseconds() ?? 0,
                (string)RedisKeys.Channel(partition)!,
                RedisNotifications.MessageOf(commit, id),
            ],
            CommandFlags.DemandMaster);
    }
}
