using System.Collections.Immutable;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The signing keys of merchant tokens, and the revocations.</summary>
internal sealed class RedisTokens(RedisConnection connection, ILogger logger)
{
    private readonly CommitSubscribers subscribers = new(logger);

    public async Task<byte[]> ReadSigningKeysAsync(CancellationToken cancellationToken) => ToBytes(
        await connection.ExecuteAsync(db => db.StringGetAsync(RedisKeys.SigningKeys, CommandFlags.DemandMaster), cancellationToken));

    public async Task<byte[]> ReplaceSigningKeysAsync(byte[] expected, byte[] replacement, CancellationToken cancellationToken) => ToBytes(
        (RedisValue)await connection.ExecuteAsync(
            db => RedisScripts.ReplaceSigningKeys.EvaluateAsync(db, [RedisKeys.SigningKeys], [expected, replacement]),
            cancellationToken));

    public Task AddRevocationAsync(Revocation revocation, DateTimeOffset forgetBefore, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(
            db => RedisScripts.Revoke.EvaluateAsync(
                db,
                [RedisKeys.Revocations],
                [revocation.MerchantId, revocation.Until.ToUnixTimeMilliseconds(), forgetBefore.ToUnixTimeMilliseconds()]),
            cancellationToken);

    public async Task<ImmutableArray<Revocation>> ReadRevocationsAsync(CancellationToken cancellationToken)
    {
        var entries = await connection.ExecuteAsync(
            db => db.SortedSetRangeByRankWithScoresAsync(RedisKeys.Revocations, flags: CommandFlags.DemandMaster), cancellationToken);
        return [.. entries.Select(entry => new Revocation(entry.Element!, StoreTime.ToTime((long)entry.Score)))];
    }

    public IDisposable Subscribe(Action onRevoked) => subscribers.Add(_ => onRevoked(), onRevoked);

    /// <summary>A process revoked tokens.</summary>
    public void NotifyRevoked() => subscribers.NotifyMissed();

    private static byte[] ToBytes(RedisValue value) => value.IsNull ? [] : (byte[])value!;
}
