using System.Collections.Immutable;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The consumers of the feed: a hash, so that one server keeps all of them, in a Cluster too.</summary>
internal sealed class RedisConsumers(RedisConnection connection)
{
    public async Task<byte[]> ReadAsync(string consumer, CancellationToken cancellationToken) =>
        ToBytes(await connection.ExecuteAsync(db => db.HashGetAsync(RedisKeys.Consumers, consumer, CommandFlags.DemandMaster), cancellationToken));

    public async Task<byte[]?> ReplaceAsync(string consumer, byte[] expected, byte[] replacement, CancellationToken cancellationToken)
    {
        var stored = (RedisValue)await connection.ExecuteAsync(
            db => RedisScripts.ReplaceConsumer.EvaluateAsync(
                db,
                [RedisKeys.Consumers],
                [consumer, expected, replacement, IFeedConsumers.MaxConsumers]),
            cancellationToken);
        return stored.IsNull ? null : ToBytes(stored);
    }

    public async Task<ImmutableArray<(string Name, byte[] State)>> ReadAsync(string after, int limit, CancellationToken cancellationToken)
    {
        var all = await connection.ExecuteAsync(db => db.HashKeysAsync(RedisKeys.Consumers, CommandFlags.DemandMaster), cancellationToken);
        string[] names = [.. all.Select(name => (string)name!).Where(name => string.CompareOrdinal(name, after) > 0).Order(StringComparer.Ordinal).Take(limit)];
        var states = await Task.WhenAll(names.Select(name => ReadAsync(name, cancellationToken)));

        // One that was removed meanwhile is empty.
        return [.. names.Zip(states).Where(consumer => consumer.Second.Length > 0)];
    }

    private static byte[] ToBytes(RedisValue value) => value.IsNull ? [] : (byte[])value!;
}
