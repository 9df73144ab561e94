using System.Collections.Immutable;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Reads the positions of many merchants by few commands: one for each partition in a Cluster, otherwise one for 256 merchants.</summary>
internal sealed class RedisPositions(RedisConnection connection)
{
    // Takes about 0.2 ms, during which the server does nothing else.
    private const int MerchantsPerCommand = 256;

    // Others wait, so that commands of other callers need not wait for all.
    private const int CommandsAtOnce = 8;

    /// <summary>Reads positions. The positions of merchants whose server does not answer are null.</summary>
    /// <exception cref="StoreUnavailableException">No server answers.</exception>
    public async Task<ImmutableArray<HistoryPosition?>> ReadAsync(ImmutableArray<string> merchantIds, CancellationToken cancellationToken)
    {
        var replies = new List<(IEnumerable<KeyValuePair<string, HistoryPosition>> Positions, StoreUnavailableException? Failure)>();
        foreach (var groups in Groups(merchantIds.Distinct()).Chunk(CommandsAtOnce))
        {
            replies.AddRange(await Task.WhenAll(groups.Select(group => TryReadAsync(group, cancellationToken))));
        }

        if (replies.Count > 0 && replies.All(reply => reply.Failure is not null))
        {
            throw replies[0].Failure!;
        }

        var found = replies.SelectMany(reply => reply.Positions).ToDictionary(StringComparer.Ordinal);
        return [.. merchantIds.Select(id => found.TryGetValue(id, out var position) ? position : (HistoryPosition?)null)];
    }

    private IEnumerable<string[]> Groups(IEnumerable<string> merchantIds) => connection.IsCluster
        ? merchantIds.GroupBy(RedisKeys.PartitionOf).SelectMany(partition => partition.Chunk(MerchantsPerCommand))
        : merchantIds.Chunk(MerchantsPerCommand);

    private async Task<(IEnumerable<KeyValuePair<string, HistoryPosition>> Positions, StoreUnavailableException? Failure)> TryReadAsync(
        string[] group, CancellationToken cancellationToken)
    {
        try
        {
            var reply = (byte[][])(await connection.ExecuteAsync(
                db => db.ScriptEvaluateAsync(
                    RedisScripts.Positions,
                    [.. group.Select(id => RedisKeys.Merchant(RedisKeys.PartitionOf(id), id))],
                    [RedisRecord.MaxPositionLength],
                    CommandFlags.DemandMaster),
                cancellationToken))!;
            return (group.Zip(reply, (id, beginning) => KeyValuePair.Create(id, RedisRecord.DecodePosition(beginning))), null);
        }
        catch (StoreUnavailableException e)
        {
            return ([], e);
        }
    }
}
