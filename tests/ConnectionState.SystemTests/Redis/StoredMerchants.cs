using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Reads what Redis stores of a merchant, without the store.</summary>
internal static class StoredMerchants
{
    public static string RecordKey(string merchantId) => RedisKeys.Merchant(RedisKeys.PartitionOf(merchantId), merchantId)!;

    public static string CandidatesKey(string merchantId, string sessionId) =>
        RedisKeys.Candidates(RedisKeys.PartitionOf(merchantId), merchantId, sessionId)!;

    public static string ChangesKey(string merchantId) => RedisKeys.Changes(RedisKeys.PartitionOf(merchantId), merchantId)!;

    public static string DueKey(string merchantId) => RedisKeys.Due(RedisKeys.PartitionOf(merchantId))!;

    public static string ClaimsKey(string merchantId) => RedisKeys.Claims(RedisKeys.PartitionOf(merchantId))!;

    /// <summary>Asserts that record, history and deadline agree, and returns the history, oldest first.</summary>
    public static async Task<Commit[]> AssertAgreeAsync(RedisServer redis, string merchantId)
    {
        var stored = RedisRecord.Decode(merchantId, (await redis.CommandAsync("GET", RecordKey(merchantId))).Bytes);
        var entries = (await redis.CommandAsync("XRANGE", ChangesKey(merchantId), "-", "+")).Items;
        var commits = entries.Select(e => RecordCodec.DecodeCommit(merchantId, e.Items[1].Items[1].Bytes!)).ToArray();

        Assert.Equal(entries.Select(e => e.Items[0].Text), commits.Select(c => $"{c.Revision}-0"));
        Assert.Equal(Enumerable.Range(1, commits.Length).Select(r => (long)r), commits.Select(c => c.Revision));
        Assert.Equal([0, .. commits.SkipLast(1).Select(c => c.Id)], commits.Select(c => c.PreviousId));
        Assert.Equal(stored.Position, new HistoryPosition(commits[^1].Revision, commits[^1].Id));

        var due = await redis.CommandAsync("ZSCORE", DueKey(merchantId), merchantId);
        var deadline = DeadlineRules.NextDeadline(stored.Record, new Rules());
        Assert.Equal(deadline is { } at ? $"{StoreTime.RoundUp(at)}" : "", due.IsNull ? "" : due.Text);
        return commits;
    }
}
