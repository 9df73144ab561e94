using System.Collections.Immutable;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The consumers of the feed: a hash, so that one server keeps all of them, in a Cluster too.</summary>
internal sealed class RedisConsumers(RedisConnection connection)
{
    public async Task<byte[]> ReadAsync(string consumer, CancellationToken cancellationToken) =>
        ToBytes(await connection.ExecuteAsync(db => db.HashGetAsync(RedisKeys.Consumers, consumer, CommandFlags.DemandMaster), cancellationToken));

    public async Task<byte[]> ReplaceAsync(string consumer, byte[] expected, byte[] replacement, CancellationToken cancellationToken) => ToBytes(
        (RedisValue)await connection.ExecuteAsync(
            db => db.ScriptEvaluateAsync(
                RedisScripts.ReplaceConsumer, [RedisKeys.Consumers], [consumer, expected, replacement], CommandFlags.DemandMaster),
            cancellationToken));

    public async Task<ImmutableDictionary<string, byte[]>> ReadAllAsync(CancellationToken cancellationToken)
    {
        var entries = await connection.ExecuteAsync(db => db.HashGetAllAsync(RedisKeys.Consumers, CommandFlags.DemandMaster), cancellationToken);
        return entries.ToImmutableDictionary(entry => (string)entry.Name!, entry => ToBytes(entry.Value));
    }

    private static byte[] ToBytes(RedisValue value) => value.IsNull ? [] : (byte[])value!;
}
