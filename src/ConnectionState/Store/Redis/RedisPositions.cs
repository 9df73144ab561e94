using System.Collections.Immutable;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Reads the positions of some hundred merchants by few commands: one for each partition in a Cluster, otherwise one for 256 merchants.</summary>
internal sealed class RedisPositions(RedisConnection connection)
{
    // Takes about 0.2 ms, during which the server does nothing else.
    private const int MerchantsPerCommand = 256;

    /// <summary>Reads positions. The positions of merchants whose server does not answer are null.</summary>
    /// <exception cref="StoreUnavailableException">No server answers.</exception>
    public async Task<ImmutableArray<HistoryPosition?>> ReadAsync(ImmutableArray<string> merchantIds, CancellationToken cancellationToken)
    {
        var groups = connection.ChunkForScripts(merchantIds.Distinct(), MerchantsPerCommand);
        var replies = await Task.WhenAll(groups.Select(group => TryReadAsync(group, cancellationToken)));
        if (replies.Length > 0 && replies.All(reply => reply.Failure is not null))
        {
            throw replies[0].Failure!;
        }

        var found = replies.SelectMany(reply => reply.Positions).ToDictionary(StringComparer.Ordinal);
        return [.. merchantIds.Select(id => found.TryGetValue(id, out var position) ? position : (HistoryPosition?)null)];
    }

    private async Task<(IEnumerable<KeyValuePair<string, HistoryPosition>> Positions, StoreUnavailableException? Failure)> TryReadAsync(
        string[] group, CancellationToken cancellationToken)
    {
        try
        {
            var reply = (byte[][])(await connection.ExecuteAsync(
                db => RedisScripts.Positions.EvaluateAsync(
                    db,
                    [.. group.Select(id => RedisKeys.Merchant(RedisKeys.PartitionOf(id), id))],
                    [RedisRecord.MaxPositionLength]),
                cancellationToken,
                timeout: connection.IsCluster ? RedisConnection.FleetTimeout : null))!;
            return (group.Zip(reply, (id, beginning) => KeyValuePair.Create(id, RedisRecord.DecodePosition(beginning))), null);
        }
        catch (StoreUnavailableException e)
        {
            return ([], e);
        }
    }
}
